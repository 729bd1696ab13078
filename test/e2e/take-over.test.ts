import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it, vi } from 'vitest';
import { readLaunchId } from '../../src/agent/launch.ts';
import { processesWith } from '../../src/agent/processes.ts';
import { closeTerminals, openTerminals } from '../../src/agent/terminals.ts';
import { serveApi } from '../../src/api/server.ts';
import { homePaths } from '../../src/config/paths.ts';
import { resume } from '../../src/queue/change.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { silentLog } from '../../src/shared/log.ts';
import { shellQuote } from '../../src/shared/text.ts';
import { apiOptions } from '../support/api.ts';
import { GOOD_AGENT, REPOSITORY, repositoryOf, startTestApp, type TestApp } from '../support/app.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** Where an agent is to work, in `sh -c`: it knows its conversation, and waits to be stopped. */
const BEGIN = `printf '{"session":"s-1"}\\n{"say":"I begin."}\\n'; while :; do sleep 0.1; done`;
/** A person works in it as in a shell, until they say `quit`. */
const SHELL = `printf 'in session %s> ' "$1"
  while read -r line; do
    [ "$line" = quit ] && exit
    sh -c "$line" && printf 'done> ' || printf 'failed> '
  done`;
const GO_ON = `cat "$ORCH_PROMPT_FILE" >&2; printf '{"say":"I go on."}\\n'
  (test -f by-hand.txt && ${GOOD_AGENT}) >&2; printf '{"done":true}\\n'`;

const AGENT = {
  session: 'learnt',
  command: ['sh', '-c', BEGIN],
  resume: ['sh', '-c', GO_ON, 'sh', '{session}'],
  interactive: ['sh', '-c', SHELL, 'sh', '{session}'],
  events: [
    { when: { session: { match: '.' } }, as: 'session', take: { id: 'session' } },
    { when: { say: { match: '.' } }, as: 'text', take: { text: 'say' } },
    { when: { done: true }, as: 'end' },
  ],
};

it('a person takes over at a terminal, works, comes again, and hands back: one pull request has both', async () => {
  await using app = await begun();
  await using _api = await api(app);
  await using person = await sitDown(app);
  await person.type('orch attach T1 --take-over');
  await person.sees('in session s-1>');
  await app.until(() => app.comments(1).some(text => /⌨️ somebody on the host has taken over/.test(text)));
  await person.type('echo hand > by-hand.txt; git add . && git commit -qm "By hand" && git push -q');
  await person.sees('done>');
  // Ctrl-b d of the terminal within, past the one around it.
  await person.press('C-b', 'd');
  await person.sees('T1 waits for you. Come again');
  await person.type('clear; orch attach T1 --take-over');
  await person.sees('done>');
  await person.type('quit');
  await person.sees('its agent goes on by itself');
  await app.ended(1, 'completed');
  await app.quiet();
  expect(app.runs(1)).toMatchObject([
    { outcome: 'paused', keyboard: null },
    { outcome: 'paused', keyboard: 'somebody on the host', workspace: 'T1.1', session: 's-1' },
    { outcome: 'succeeded', keyboard: null, workspace: 'T1.1', session: 's-1' },
  ]);
  expect(log(app, 'T1.3')).toContain('has worked here at the keyboard in between');
  expect(app.comments(1).join()).not.toContain('has taken over');
  const { git, issues } = repositoryOf(app.github);
  expect([...issues.values()].filter(({ pull }) => pull)).toHaveLength(1);
  const files = await git.run(['ls-tree', '--name-only', 'orch/T1-fix-it']);
  expect(files.split('\n')).toEqual(expect.arrayContaining(['by-hand.txt', 'fixed.txt']));
});

it('a takeover outlives a restart, is joined, and ends with all that was started in it when the task is resumed', async () => {
  await using app = await begun();
  app.daemon.takeOver(1, 'ann');
  const { pid } = await app.until(() => app.runs(1).find(run => run.keyboard !== null && run.pid !== null));
  await app.stop();
  await app.start();
  expect(app.daemon.takeOver(1, 'bob')).toMatchObject({ state: 'running', runs: 2 });
  await typeInto(app, 'T1-2', 'sleep 300 & echo hand > by-hand.txt');
  const tree = homePaths(app.home).workspaces;
  await app.until(() => existsSync(join(tree, 'T1.1', 'tree', 'by-hand.txt')));
  expect(app.runs(1)[1]).toMatchObject({ pid, keyboard: 'ann', endedAt: null });
  expect(startedIn(app, 'T1.2').size).toBeGreaterThan(1);
  resume(app.daemon.store, 1, systemClock.now());
  await app.until(() => app.runs(1)[2]?.spawnedAt);
  expect(app.runs(1)).toMatchObject([
    { outcome: 'paused', keyboard: null },
    { outcome: 'paused', keyboard: 'ann' },
    { keyboard: null, workspace: 'T1.1' },
  ]);
  expect(startedIn(app, 'T1.2').size).toBe(0);
});

/** A task whose agent is at work, in a conversation that is known. */
async function begun(): Promise<TestApp> {
  await using stack = new AsyncDisposableStack();
  const app = stack.use(
    await startTestApp({
      settings: {
        agents: { talker: AGENT },
        task_queue: { retry_delay_seconds: 0, stop_grace_seconds: 1 },
      },
    }),
  );
  await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
  await app.until(() => app.runs(1)[0]?.session && app.task(1).state === 'running');
  stack.move();
  return app;
}

/** What the command line speaks to. */
async function api(app: TestApp): Promise<AsyncDisposable> {
  const { store, takeOver, agentState } = app.daemon;
  return await serveApi(join(app.home, 'daemon.sock'), apiOptions(store, { takeOver, agentState }));
}

/** A terminal with a shell, in which `orch` speaks to this App. */
async function sitDown(app: TestApp) {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await temporaryDirectory());
  const terminals = openTerminals({ directory: folder.path, log: silentLog() });
  stack.defer(() => closeTerminals(terminals));
  const profile = join(folder.path, 'profile');
  const orch = [process.execPath, resolve('bin/orch.js')].map(shellQuote).join(' ');
  writeFileSync(profile, `orch() { ${orch} "$@"; }\nPS1='at home$ '\n`);
  const environment = [`ENV=${profile}`, `ORCH_HOME=${app.home}`, `TMPDIR=${process.env.TMPDIR ?? '/tmp'}`];
  const shell = ['env', ...environment, 'sh', '-i'];
  await terminals.tmux(['new-session', '-d', '-s', 'person', '-x', '100', '-y', '30', ...shell]);
  const screen = async () => (await terminals.tmux(['capture-pane', '-p', '-t', '=person:'])).stdout;
  const press = async (...keys: string[]) =>
    void (await terminals.tmux(['send-keys', '-t', '=person:', ...keys]));
  const owned = stack.move();
  return {
    press,
    type: (line: string) => press(line, 'Enter'),
    sees: (text: string) =>
      vi.waitFor(async () => expect(await screen()).toContain(text), { timeout: 15_000 }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** As somebody does who has joined the session. */
async function typeInto(app: TestApp, session: string, line: string): Promise<void> {
  using terminals = openTerminals({ directory: homePaths(app.home).tmux, log: silentLog() });
  await terminals.tmux(['send-keys', '-t', `=${session}:main`, line, 'Enter']);
}

function startedIn(app: TestApp, run: string): Set<number> {
  return processesWith(`ORCH_LAUNCH=${readLaunchId(homePaths(app.home).run(run))}`);
}

function log(app: TestApp, run: string): string {
  return readFileSync(homePaths(app.home).runLog(run), 'utf8');
}
