import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { agents } from '../../src/cli/agents.ts';
import { cleanup } from '../../src/cli/cleanup.ts';
import { debug } from '../../src/cli/debug.ts';
import { changeState, endRun } from '../../src/queue/change.ts';
import { apiOptions } from '../support/api.ts';
import { memoryStore, NOW, started } from '../support/tasks.ts';
import { daemon, place, printed } from './place.ts';

const AT = new Date(NOW).toISOString();
const TWO = [
  { name: 'claude', maxInstances: 3 },
  { name: 'codex', maxInstances: 1 },
];

afterEach(() => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
  process.exitCode = undefined;
});

describe('orch agents', () => {
  it('says which agent works on what', async () => {
    using store = memoryStore();
    await using here = await place();
    await using _api = await daemon(here, store, { agents: TWO });
    started(store, { instruction: 'fix it\nand more' });
    started(store, { instruction: 'do more' });
    vi.useFakeTimers({ now: NOW + 90_000, toFake: ['Date'] });
    expect((await printed(join(here.path, '.orch'), () => agents({}))).split('\n')).toEqual([
      'AGENT     STATE     TASK  SINCE       WHAT IT DOES',
      'claude-1  starting  T1    1 min 30 s  fix it',
      'claude-2  starting  T2    1 min 30 s  do more',
      'claude    idle                        1 of 3 free',
      'codex     idle                        1 of 1 free',
      '',
    ]);
  });
});

describe('orch debug', () => {
  it('tells the timeline, the files, the screen and the next step', async () => {
    using store = memoryStore();
    await using here = await place();
    const insight = {
      ...apiOptions(store).insight,
      screen: async () => '$ make\n\u001b[2Jok',
      files: () => [{ what: 'log', path: '/logs/T1.1.log', bytes: 9 }],
    };
    await using _api = await daemon(here, store, { insight });
    const { task } = started(store, { instruction: 'fix it', correlation: 'abc' });
    changeState(store, task, 'running', NOW + 2_500);
    const text = await printed(join(here.path, '.orch'), () => debug('tasks', '1', {}));
    expect(text.split('\n')).toEqual([
      'T1  fix it',
      'state        running',
      'where        acme/shop#42',
      'agent        claude-1',
      'correlation  abc',
      'branch       none yet',
      'next step    wait',
      'nobody decides here',
      '',
      'T1.1',
      'claude-1, live',
      'log       1 kB  /logs/T1.1.log',
      '',
      'SCREEN',
      '  $ make',
      '  [2Jok',
      '',
      'TIMELINE',
      `${AT}      +0.0 s  #1  queued`,
      `${AT}      +0.0 s  #2  queued → starting`,
      `${AT}      +0.0 s  #3  taken by claude-1: the only agent`,
      `${new Date(NOW + 2_500).toISOString()}      +2.5 s  #4  starting → running`,
      '',
    ]);
  });

  it('says what an agent has printed last when it is gone', async () => {
    using store = memoryStore();
    await using here = await place();
    const insight = { ...apiOptions(store).insight, output: async () => 'it broke' };
    await using _api = await daemon(here, store, { insight });
    const { run } = started(store);
    endRun(store, run, { outcome: 'crashed', exitCode: 1, reason: 'why', lastWords: null }, NOW);
    const text = await printed(join(here.path, '.orch'), () => debug('agents', 'claude-1', {}));
    expect(text).toContain('claude-1, crashed: why\n');
    expect(text).toContain('LAST OUTPUT\n  it broke\n');
    expect(text).not.toContain('SCREEN');
  });
});

describe('orch cleanup', () => {
  it('says what is gone, and fails when something could not go', async () => {
    using store = memoryStore();
    await using here = await place();
    const done = {
      removed: [{ run: 'T1.1', rescued: null as string | null }],
      failed: [] as { run: string; why: string }[],
    };
    await using _api = await daemon(here, store, { cleanUp: async () => done });
    const home = join(here.path, '.orch');
    expect(await printed(home, () => cleanup({}))).toBe('T1.1: workspace removed\n');
    expect(process.exitCode).toBe(0);
    done.removed = [{ run: 'T2.1', rescued: 'refs/orch/T2' }];
    done.failed = [{ run: 'T3.1', why: 'It is busy.' }];
    expect(await printed(home, () => cleanup({}))).toBe(
      "T2.1: workspace removed, its commits are kept as refs/orch/T2\nT3.1: can't be removed. It is busy.\n",
    );
    expect(process.exitCode).toBe(1);
    done.removed = [];
    done.failed = [];
    expect(await printed(home, () => cleanup({}))).toBe('Nothing to remove.\n');
  });
});
