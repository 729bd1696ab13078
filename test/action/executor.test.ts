import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OF_ACTIONS } from '../../src/github/workflows.ts';
import { readManifest } from '../../src/simulator/manifest.ts';
import { isPull } from '../../src/simulator/world.ts';
import { textOf } from '../structure/source.ts';
import { ACTION, startTestRunners, type TestRunners, writeWorkflow } from '../support/action.ts';
import {
  GOOD_AGENT,
  REPOSITORY,
  repositoryOf,
  startTestApp,
  type TestApp,
  testSettings,
} from '../support/app.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { openWatch } from '../support/watch.ts';

const TASKS = 10;

/** What the App asks for with `engine: actions`, beyond app.yml. */
function asked() {
  const { permissions, events } = readManifest();
  return { permissions: { ...permissions, actions: 'write' as const }, events: [...events, ...OF_ACTIONS] };
}

const workflow = textOf('docs/workflows/execute.yml').replace('your-org/orch/action', ACTION);

/** T7 ends with a commit alone. The first run of T8 pushes half of its work and waits; T9 and T10 give a sign, and wait. */
const agentOf = (signs: string) => `
  case "$ORCH_TASK" in
    T7) echo fixed > fixed.txt && git add . && git commit -qm 'Fix it'; exit ;;
    T8) git log --format=%s | grep -q Half ||
      { echo half > half.txt && git add . && git commit -qm Half && git push -q && sleep 600; } ;;
    T9|T10) echo half > half.txt && git add . && git commit -qm Half && touch ${signs}/$ORCH_TASK && sleep 600 ;;
  esac
  ${GOOD_AGENT}`;

describe('ten tasks of an App, on three runners', () => {
  const watch = openWatch();
  let fleet: TestRunners;
  let app: TestApp;
  let signs: Awaited<ReturnType<typeof temporaryDirectory>>;
  let lost: string;

  const runnerOf = (run: string) =>
    fleet.runners.find(
      ({ job }) => (job?.event.payload as { inputs?: { run?: string } })?.inputs?.run === run,
    );

  beforeAll(async () => {
    signs = await temporaryDirectory();
    const agents = { good: agentOf(signs.path) };
    const limits = { concurrent: TASKS };
    app = await startTestApp({ app: asked(), agents, settings: { engine: 'actions', limits } });
    await writeWorkflow(app.github, 'orch.yml', workflow);
    fleet = await startTestRunners(app.github, watch, testSettings({ agents }), { runners: 3 });
    for (let number = 1; number <= TASKS; number += 1) {
      if (number > 1) await app.github.openIssue(REPOSITORY, { title: `Bug ${number}`, user: 'reader' });
      await app.github.comment(REPOSITORY, number, '/orch fix it', 'writer');
    }
    await app.until(() => app.task(8)?.head);
    for (const task of ['T9', 'T10']) await app.until(() => existsSync(join(signs.path, task)));
    const runner = runnerOf('T8.1');
    lost = runner?.name ?? '';
    await runner?.lose();
    await app.github.comment(REPOSITORY, 9, '/orch cancel', 'writer');
    await app.ended(8, 'completed');
    await app.ended(9, 'cancelled');
    await cancelByHand(10);
    await app.ended(10, 'cancelled');
    await app.quiet();
  }, 120_000);

  afterAll(async () => {
    await fleet?.[Symbol.asyncDispose]();
    await app?.[Symbol.asyncDispose]();
    watch[Symbol.dispose]();
    await signs?.[Symbol.asyncDispose]();
  });

  it('end with a pull request each, on whatever runner was free', () => {
    const done = numbers(8).map(id => app.task(id));
    expect(done.map(({ state }) => state)).toEqual(done.map(() => 'completed'));
    expect(new Set(done.map(({ pull }) => pull)).size).toBe(8);
    expect(new Set(numbers(7).map(id => runners(id)[0])).size).toBeGreaterThan(1);
  });

  it('are judged by the App: what an agent left without a pull request becomes a draft of the App', () => {
    const pulls = [...repositoryOf(app.github).issues.values()].filter(isPull);
    const byTask = (id: number) => pulls.find(({ number }) => number === app.task(id).pull);
    expect(byTask(7)).toMatchObject({ user: app.github.world.app.bot, pull: { draft: true } });
    expect(byTask(1)).toMatchObject({ user: { login: 'github-actions[bot]' }, pull: { draft: false } });
  });

  it('go on on another runner where one is lost, from what was pushed there', async () => {
    expect(app.runs(8).map(({ outcome, reason }) => [outcome, reason])).toEqual([
      ['crashed', expect.stringContaining('lost communication')],
      ['succeeded', null],
    ]);
    expect(runners(8)[0]).toBe(lost);
    expect(runners(8)[1]).not.toBe(lost);
    const { git } = repositoryOf(app.github);
    const subjects = await git.run(['log', '--format=%s', `main..${app.task(8).branch}`]);
    expect(subjects.trim().split('\n')).toEqual(['Fix it', 'Half']);
  });

  it('are cancelled from their issue, and what their agent did is kept', async () => {
    expect(app.task(9)).toMatchObject({ state: 'cancelled', pull: null, head: null });
    const { git } = repositoryOf(app.github);
    expect(await git.run(['log', '-1', '--format=%s', 'refs/orch/rescue/T9.1'])).toContain('Half');
  });

  it('are cancelled by who cancels the workflow run', () => {
    expect(app.task(10)).toMatchObject({
      state: 'cancelled',
      reason: 'its workflow run was cancelled on GitHub',
    });
    expect(app.runs(10)).toHaveLength(1);
  });

  it('are told of by the App alone', () => {
    const told = numbers(TASKS).flatMap(issue => app.comments(issue));
    const authors = new Set(told.map(comment => comment.split(':', 1)[0]));
    expect(authors).toEqual(new Set(['writer', `${app.github.world.app.slug}[bot]`]));
  });

  /** Where the runs of a task were carried out. */
  function runners(task: number): (string | null)[] {
    const made = app.daemon.store.creations.ofKind(task, 'workflow');
    return made.map(({ content }) => JSON.parse(content as string).runner);
  }

  /** As the button on the page of the workflow run does. */
  async function cancelByHand(task: number): Promise<void> {
    const [made] = app.daemon.store.creations.ofKind(task, 'workflow');
    const { github } = app;
    await fetch(`${github.url}/api/v3/repos/${REPOSITORY}/actions/runs/${made?.remoteId}/cancel`, {
      method: 'POST',
      headers: { authorization: `token ${github.userToken('writer')}` },
    });
  }
});

it('has the runs of all repositories carried out in one, by the token of the App', async () => {
  using watch = openWatch();
  const settings = { engine: 'actions', actions: { repository: 'acme/runs' } };
  await using app = await startTestApp({ app: asked(), settings });
  const { github } = app;
  await github.createRepository({ owner: 'acme', name: 'runs', private: true, files: { 'README.md': '' } });
  const central = workflow
    .replace('mode: execute', `mode: execute\n          token: ${appToken(github)}`)
    .replace(/^ {4}permissions:\n( {6}.*\n)+/m, '');
  await github.pushCommit('acme/runs', 'main', { '.github/workflows/orch.yml': central }, 'acme');
  await using _fleet = await startTestRunners(github, watch, testSettings({}), {});
  await github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
  const { pull } = await app.ended(1, 'completed');
  expect([...github.workflows.runs.values()]).toMatchObject([
    { event: { payload: { repository: { full_name: 'acme/runs' } } }, conclusion: 'success' },
  ]);
  expect(repositoryOf(github).issues.get(pull as number)).toMatchObject({ user: github.world.app.bot });
}, 60_000);

/** As actions/create-github-app-token makes it. */
function appToken({ world }: TestApp['github']): string {
  const [installation] = world.installations.values();
  if (!installation) throw new Error('the App is installed');
  const permissions = { metadata: 'read', contents: 'write', pull_requests: 'write' } as const;
  const expiresAt = world.clock.now() + 3_600_000;
  const token = `ghs_${'Central1'.repeat(4)}`;
  world.tokens.set(token, {
    kind: 'installation',
    installation,
    repositoryIds: null,
    permissions,
    expiresAt,
  });
  return token;
}

function numbers(most: number): number[] {
  return Array.from({ length: most }, (_, index) => index + 1);
}
