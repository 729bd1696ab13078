import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { homePaths } from '../../src/config/paths.ts';
import { pause, resume } from '../../src/queue/change.ts';
import { say } from '../../src/queue/say.ts';
import { GOOD_AGENT, REPOSITORY, repositoryOf, startTestApp, type TestApp } from '../support/app.ts';

const SESSION = `printf '{"session":"s-%s"}\\n' "$ORCH_RUN"`;
const words = (text: string) => `printf '{"say":"${text}"}\\n'`;
const END = `printf '{"done":true}\\n'`;
/** Left uncommitted: only the same worktree has it. */
const HALF = 'echo half > half.txt';
const WAITS = 'while :; do sleep 0.1; done';

const EVENTS = {
  session: 'learnt',
  events: [
    { when: { session: { match: '.' } }, as: 'session', take: { id: 'session' } },
    { when: { say: { match: '.' } }, as: 'text', take: { text: 'say' } },
    { when: { limited: true }, as: 'retry', set: { status: 429 }, take: { message: 'reset' } },
    { when: { done: true }, as: 'end' },
    { when: { failed: true }, as: 'end', set: { failed: true }, take: { message: 'why' } },
  ],
  limits: [{ status: [429], kind: 'usage', reset: 'in (\\d+)' }],
  max_instances: 5,
};

/** An agent that prints JSON lines: it begins, is cut off somehow, and goes on from what it left when it is resumed. */
function agent(begin: string, goOn = `cat half.txt >&2 && (${GOOD_AGENT}) >&2; ${END}`) {
  return {
    ...EVENTS,
    command: ['sh', '-c', `${SESSION}; ${words('I begin.')}; ${begin}`],
    resume: [
      'sh',
      '-c',
      `echo "resumed $1" >&2; cat "$ORCH_PROMPT_FILE" >&2; ${words('I go on.')}; ${goOn}`,
      'sh',
      '{session}',
    ],
  };
}

const settings = (agents: Record<string, object>, policies = {}) => ({ agents, policies });

function log(app: TestApp, run: string): string {
  return readFileSync(homePaths(app.home).runLog(run), 'utf8');
}

/** The agent has told of its conversation, and that it works. */
async function begun(app: TestApp, number = 1): Promise<void> {
  await app.until(() => app.runs(1)[number - 1]?.session && log(app, `T1.${number}`).includes('I begin.'));
}

it('a paused task goes on in the same worktree and conversation, and needs no setup again', async () => {
  await using app = await startTestApp({
    settings: settings({ talker: agent(`${HALF}; ${WAITS}`) }),
    files: { 'README.md': '# Shop\n', '.github/orch.yml': 'setup: ["echo set up"]\n' },
  });
  await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
  await begun(app);
  pause(app.daemon.store, 1, 'lunch', null, Date.now());
  await app.until(() => app.runs(1)[0]?.endedAt);
  expect(app.task(1).state).toBe('paused');
  resume(app.daemon.store, 1, Date.now());
  await app.ended(1, 'completed');
  expect(app.runs(1)).toMatchObject([
    { outcome: 'paused', workspace: 'T1.1', session: 's-T1.1' },
    { outcome: 'succeeded', workspace: 'T1.1', session: 's-T1.1' },
  ]);
  expect(log(app, 'T1.2')).toMatch(/resumed s-T1\.1[\s\S]*You were interrupted[\s\S]*half/);
  expect(log(app, 'T1.1')).toContain('set up');
  expect(log(app, 'T1.2')).not.toContain('set up');
});

describe('fault: an agent comes to a limit of its vendor', () => {
  it('the task waits for its end, and goes on then or when a person says so', async () => {
    const limited = `${HALF}; printf '{"limited":true,"reset":"try again in 3600"}\\n'; ${WAITS}`;
    await using app = await startTestApp({ settings: settings({ talker: agent(limited) }) });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    await app.until(() => app.task(1)?.state === 'paused');
    const { store } = app.daemon;
    const { wakeAt, reason } = app.task(1);
    expect(reason).toContain('try again in 3600');
    expect(store.breakers.opened(Date.now())).toMatchObject([{ profile: 'talker', until: wakeAt }]);
    resume(store, 1, Date.now());
    await app.ended(1, 'completed');
    expect(app.runs(1)).toMatchObject([
      { outcome: 'rate_limited' },
      { outcome: 'succeeded', workspace: 'T1.1', session: 's-T1.1' },
    ]);
    expect(app.task(1).tries).toBe(0);
  });

  it('another agent goes on at once where that is set, with a model of its own, from the commits of the first, and one pull request has both', async () => {
    const commits = `echo "the model is $ORCH_MODEL" >&2; (echo one > one.txt && git add one.txt && git commit -qm One) >&2`;
    const limited = `${commits}; printf '{"limited":true,"reset":"try again in 3600"}\\n'; ${WAITS}`;
    await using app = await startTestApp({
      settings: settings(
        {
          first: agent(limited),
          second: agent(`[ -z "$ORCH_MODEL" ] && cat one.txt >&2 && (${GOOD_AGENT}) >&2; ${END}`),
        },
        { on_limit: 'switch' },
      ),
    });
    await app.github.comment(REPOSITORY, 1, '/orch --agent first --model m-1 fix it', 'writer');
    const task = await app.ended(1, 'completed');
    expect(log(app, 'T1.1')).toContain('the model is m-1');
    expect(app.runs(1)).toMatchObject([
      { profile: 'first', outcome: 'rate_limited' },
      { profile: 'second', outcome: 'succeeded', workspace: 'T1.2' },
    ]);
    const { git } = repositoryOf(app.github);
    const messages = (await git.commits([task.head as string, '^main'])).map(({ message }) => message);
    expect(messages.join()).toMatch(/Fix it[\s\S]*One/);
  });
});

it('what people say while an agent works it hears when its turn has ended, and is seen to have heard', async () => {
  await using app = await startTestApp({
    settings: settings({ talker: agent(`${HALF}; while ! [ -e go ]; do sleep 0.05; done; ${END}`) }),
  });
  await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
  await begun(app);
  const { store, paths } = app.daemon;
  say(store, 1, { text: 'Mind the gap.', author: 'writer', source: 'test' }, Date.now());
  writeFileSync(`${paths.workspaces}/T1.1/tree/go`, '');
  await app.ended(1, 'completed');
  expect(log(app, 'T1.2')).toMatch(/`writer` says:[\s\d:]+Mind the gap\./);
  expect(store.inputs.ofTask(1)).toMatchObject([{ run: 2, arrivedAt: expect.any(Number) }]);
  expect(app.task(1).tries).toBe(0);
});

describe('fault: an agent crashes in a conversation', () => {
  it('the next try goes on in worktree and conversation; where nothing comes of that, one begins anew', async () => {
    const dies = `${HALF}; exit 3`;
    const silent = { ...agent(dies), resume: ['sh', '-c', 'exit 1', 'sh', '{session}'] };
    await using app = await startTestApp({ settings: settings({ talker: silent }) });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    await app.ended(1, 'escalated');
    expect(app.runs(1).map(({ workspace }) => workspace)).toEqual(['T1.1', 'T1.1', 'T1.3', 'T1.3']);
  });
});

it('a command on a pull request of Orch’s own goes on in its branch and conversation, one after the other', async () => {
  const done = `(${GOOD_AGENT}) >&2; ${END}`;
  const more = `(echo "$ORCH_TASK" >> more.txt && git add more.txt && git commit -qm "$ORCH_TASK" && git push -q) >&2; ${END}`;
  await using app = await startTestApp({ settings: settings({ talker: agent(done, more) }) });
  await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
  await app.ended(1, 'completed');
  await app.github.comment(REPOSITORY, 2, '/orch rename it\n/orch test it', 'writer');
  await app.ended(2, 'completed');
  const last = await app.ended(3, 'completed');
  await app.quiet();
  const { branch, pull } = app.task(1);
  for (const id of [2, 3]) {
    expect(app.task(id)).toMatchObject({ branch, pull, continues: 1 });
    expect(app.runs(id)).toMatchObject([{ outcome: 'succeeded', workspace: 'T1.1', session: 's-T1.1' }]);
  }
  expect(log(app, 'T2.1')).toMatch(/resumed s-T1\.1[\s\d:]+rename it/);
  const { git, issues } = repositoryOf(app.github);
  const messages = (await git.commits([last.head as string, '^main'])).map(({ message }) => message);
  expect(messages.join()).toMatch(/^T3[\s\S]*T2[\s\S]*Fix it/);
  expect(issues.size).toBe(2);
});
