import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runFiles } from '../../src/agent/run-files.ts';
import { homePaths } from '../../src/config/paths.ts';
import { GOOD_AGENT, REPOSITORY, startTestApp, type TestApp } from '../support/app.ts';

const step = (cost: number) => `printf '{"session":"s-1","cost":${cost},"tokens":100}\\n'`;

/** A CLI that tells what each of its steps took: one when it begins, five when it may go on, after which it waits to be stopped; resumed, it ends. */
const SPENDER = {
  command: [
    'sh',
    '-c',
    `echo half > half.txt; ${step(0.85)}; until test -e ../go; do sleep 0.05; done; rm ../go; for n in 1 2 3 4 5; do ${step(0.1)}; done; sleep 600`,
  ],
  resume: ['sh', '-c', `grep half half.txt >&2 && ${step(0.1)} && (${GOOD_AGENT}) >&2`, '{session}'],
  events: [
    { when: { session: { match: '.' } }, as: 'session', take: { id: 'session' } },
    { when: { session: { match: '.' } }, as: 'usage', take: { output: 'tokens', cost: 'cost' } },
  ],
  model: 'small-1',
};

const start = (settings: object, agent: object = SPENDER) =>
  startTestApp({ settings: { agents: { spender: agent }, ...settings } });

describe('an agent that spends its budget', () => {
  it('is warned of, then paused while it works, with its work kept; resumed, it has the same again', async () => {
    await using app = await start({});
    await app.github.comment(REPOSITORY, 1, '/orch --budget 1usd fix it', 'writer');
    await app.until(() => app.comments(1).at(-1)?.includes('0.85 USD of its budget of 1.00 USD is spent.'));
    expect(app.task(1).state).toBe('running');
    goOn(app, 'T1.1');
    const task = await app.until(() => app.task(1)?.state === 'paused' && app.task(1));
    await app.until(() => app.runs(1)[0]?.outcome === 'paused');
    expect(task.reason).toMatch(
      /^its budget of 1.00 USD is spent \(1.\d\d USD\): resuming it grants the same again$/,
    );
    expect(app.runs(1)).toMatchObject([{ session: 's-1', outcome: 'paused' }]);
    expect(readFileSync(join(app.home, 'workspaces/T1.1/tree/half.txt'), 'utf8')).toBe('half\n');
    await app.until(() => app.comments(1).at(-1)?.includes('Its budget of 1.00 USD is spent'));
    const used = app.daemon.store.usage.ofRun(1, 1);
    expect(used).toMatchObject({ model: 'small-1', costSource: 'reported' });
    await app.quiet();
    const result = JSON.parse(readFileSync(homePaths(app.home).result('T1.1'), 'utf8'));
    expect(result).toMatchObject({ status: 'paused', tokens: { output: used?.outputTokens } });
    expect(result.cost_usd).toBe(used?.costUsd);

    await app.github.comment(REPOSITORY, 1, '/orch resume', 'writer');
    const done = await app.ended(1, 'completed');
    expect(done).toMatchObject({ budgetFrom: 1, budgetWarned: false });
    expect(app.runs(1)[1]).toMatchObject({ workspace: 'T1.1', session: 's-1', outcome: 'succeeded' });
    await app.until(() => app.comments(1).some(text => /\| Used \| \d+ tokens, 1.\d\d USD \|/.test(text)));
  });

  it('is held to tokens, and what the server allows, where its cost is unknown', async () => {
    const events = [SPENDER.events[0], { ...SPENDER.events[1], take: { output: 'tokens' } }];
    await using app = await start({ budgets: { task: '500tokens' } }, { ...SPENDER, events });
    await app.github.comment(REPOSITORY, 1, '/orch --budget 1usd,1mtokens fix it', 'writer');
    await app.until(() => app.comments(1).at(-1)?.includes("so its budget of 1.00 USD can't be held"));
    goOn(app, 'T1.1');
    await app.until(() => app.runs(1)[0]?.outcome === 'paused');
    expect(app.task(1).reason).toMatch('its budget of 1.00 USD and 500 tokens is spent (');
    expect(app.daemon.store.journal.ofTask(1).find(({ type }) => type === 'budget:unknown')?.data).toEqual({
      model: 'small-1',
      budget: 'its budget of 1.00 USD',
    });
    await app.until(() => app.comments(1).at(-1)?.includes('cost unknown |'));
  });
});

it('a spent day pauses what runs and lets nothing start, until the next one', async () => {
  await using app = await start({ budgets: { repository_day: '300tokens' }, limits: { concurrent: 1 } });
  await app.github.comment(REPOSITORY, 1, '/orch fix it\n\n/orch fix more', 'writer');
  await app.until(() => app.daemon.store.usage.ofRun(1, 1));
  goOn(app, 'T1.1');
  await app.until(() => [1, 2].every(id => app.daemon.store.tasks.get(id)?.state === 'paused'));
  await app.until(() => app.runs(1)[0]?.outcome === 'paused');
  expect(app.runs(2)).toEqual([]);
  expect(app.task(2).wakeAt).toBe(Math.floor(app.task(2).createdAt / 86_400_000 + 1) * 86_400_000);
  expect(app.task(2).reason).toMatch(/^this repository's budget for the day of 300 tokens is spent/);
});

it('what an agent used and how its session is called is known, although it ended while Orch was away', async () => {
  const script = `${step(0.5)}; until test -e ../go; do sleep 0.05; done; ${step(0.25)}; exit 3`;
  const agent = { ...SPENDER, command: ['sh', '-c', script] };
  await using app = await start({ task_queue: { max_retries: 0 } }, agent);
  await app.github.comment(REPOSITORY, 1, '/orch --budget 1usd fix it', 'writer');
  await app.until(() => app.daemon.store.usage.ofRun(1, 1));
  await app.stop();
  goOn(app, 'T1.1');
  await app.until(() => existsSync(runFiles(homePaths(app.home).run('T1.1')).exit));
  await app.start();
  await app.ended(1, 'escalated');
  expect(app.daemon.store.usage.ofRun(1, 1)).toMatchObject({ costUsd: 0.75, outputTokens: 200 });
  expect(app.runs(1)).toMatchObject([{ session: 's-1', outcome: 'crashed' }]);
});

/** Lets the agent of this workspace take its other steps. */
function goOn(app: TestApp, workspace: string | undefined): void {
  writeFileSync(join(app.home, `workspaces/${workspace}/go`), '');
}
