import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { launch } from '../../src/agent/launch.ts';
import { closeTerminals, openTerminals } from '../../src/agent/terminals.ts';
import { type Progress, readProgress } from '../../src/agent/watch/progress.ts';
import { homePaths } from '../../src/config/paths.ts';
import { loadSettings } from '../../src/config/settings.ts';
import { watchStates } from '../../src/daemon/agent-states.ts';
import { silentLog } from '../../src/shared/log.ts';
import type { Run } from '../../src/task/glossary.ts';
import { fakeClock } from '../support/clock.ts';
import { memoryStore, NOW, started } from '../support/tasks.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const SETTINGS = `
agents:
  claude:
    command: [sleep, "600"]
    events: []
    screen: { permission: "Do you want to proceed" }
monitoring: { stuck_after_minutes: 1 }
`;
const PROGRESS = {
  ...{
    state: 'limited',
    since: 1,
    session: null,
    model: null,
    text: null,
    activity: null,
    events: 1,
    usage: null,
  },
  ...{ costUsd: null, retries: 3, limit: { kind: 'rate', reason: '429', until: null }, end: null },
};

/** A live run whose agent is a shell script in a real terminal, and who watches it by a clock of ours. */
async function watched(script: string) {
  await using stack = new AsyncDisposableStack();
  const home = stack.use(await temporaryDirectory()).path;
  const paths = homePaths(home);
  const { settings } = loadSettings({ env: { ORCH_HOME: home, HOME: home }, text: SETTINGS });
  const terminals = openTerminals({ directory: paths.tmux, log: silentLog() });
  stack.defer(() => closeTerminals(terminals));
  const store = stack.use(memoryStore());
  const { run } = started(store);
  store.runs.update(run, { spawnedAt: NOW });
  const directory = paths.run('T1.1');
  mkdirSync(directory, { recursive: true });
  await launch(terminals, {
    ...{ run: 'T1.1', directory, cwd: directory, argv: ['/bin/sh', '-c', script], sandbox: [], setup: [] },
    ...{
      environment: { PATH: '/usr/bin:/bin' },
      prompt: 'stdin',
      promptFile: '/dev/null',
      model: null,
      session: null,
      install: null,
      enter: ':',
    },
    ...{ logFile: join(directory, 'log'), outputLimitBytes: 1e6, narration: null },
  });
  const clock = fakeClock(NOW);
  const open = () =>
    watchStates({ store, clock, log: silentLog(), terminals, paths, settings, everySeconds: 1 });
  const owned = stack.move();
  return {
    ...{ store, clock, open, directory, run: store.runs.get(1, 1) as Run },
    told: () => store.journal.ofTask(1).flatMap(event => (event.type === 'agent:state' ? [event.data] : [])),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

it('an agent that neither prints nor works is told as stuck, once, over a restart too, and so is its waking', async () => {
  await using here = await watched('mkfifo wait; read -r _ <wait; while :; do :; done');
  const { clock, told } = here;
  const states = here.open();
  await vi.waitFor(async () => {
    await clock.advance(10_000);
    expect(states.of(1)?.state).toBe('stuck');
  }, 15_000);
  await states.stop();
  const again = here.open();
  await clock.advance(5_000);
  expect(told()).toEqual([{ run: 1, state: 'stuck', detail: expect.stringContaining('no output') }]);
  await appendFile(join(here.directory, 'wait'), 'go\n');
  await vi.waitFor(async () => {
    await clock.advance(1_000);
    expect(again.of(1)?.state).toBe('working');
  }, 15_000);
  expect(told().map(({ state }) => state)).toEqual(['stuck', 'working']);
  await again.stop();
});

it('an agent that asks on its screen is told as waiting, with the question', async () => {
  await using here = await watched("printf 'Run it? Do you want to proceed?\\n'; sleep 600");
  const states = here.open();
  await vi.waitFor(async () => {
    await here.clock.advance(10_000);
    expect(states.of(1)).toEqual({ state: 'waiting', detail: 'Run it? Do you want to proceed?' });
  }, 15_000);
  expect(here.told()).toEqual([{ run: 1, state: 'waiting', detail: 'Run it? Do you want to proceed?' }]);
  await states.stop();
});

it('a limit is told as soon as its CLI tells of it', async () => {
  await using here = await watched('sleep 600');
  const states = here.open();
  writeFileSync(join(here.directory, 'progress.json'), JSON.stringify(PROGRESS));
  const progress = readProgress(here.directory);
  if (progress === null) throw new Error('it was just written');
  states.heard(here.run, progress);
  states.heard(here.run, progress);
  expect(here.told()).toEqual([{ run: 1, state: 'limited', detail: '429' }]);
  states.heard(here.run, { ...progress, state: 'working' });
  expect(here.told()).toHaveLength(2);
  await states.stop();
});

it('whatever lies in the folder of a run, its agent is looked at', async () => {
  await using here = await watched("printf 'Do you want to proceed?\\n'; sleep 600");
  const { directory, clock } = here;
  symlinkSync('events.jsonl', join(directory, 'events.jsonl'));
  mkdirSync(join(directory, 'progress.json'));
  const states = here.open();
  await vi.waitFor(async () => {
    await clock.advance(10_000);
    expect(states.of(1)?.state).toBe('waiting');
  }, 15_000);
  await states.stop();
});

it('where the journal can not be written, as on a full disk, nobody who tells of an agent has to know', async () => {
  await using here = await watched('sleep 600');
  const states = here.open();
  writeFileSync(join(here.directory, 'progress.json'), JSON.stringify(PROGRESS));
  const progress = readProgress(here.directory) as Progress;
  const append = vi.spyOn(here.store.journal, 'append').mockImplementation(() => {
    throw new Error('database or disk is full');
  });
  states.heard(here.run, progress);
  append.mockRestore();
  expect(here.told()).toEqual([]);
  states.heard(here.run, progress);
  expect(here.told()).toEqual([{ run: 1, state: 'limited', detail: '429' }]);
  await states.stop();
});
