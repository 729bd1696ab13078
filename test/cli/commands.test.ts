import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { version } from '../../src/cli/version.ts';
import { cancel, changeState, endRun } from '../../src/queue/change.ts';
import type { Usage } from '../../src/store/usage.ts';
import { memoryStore, NOW, queued, started } from '../support/tasks.ts';
import { daemon, place } from './place.ts';

const AT = new Date(NOW).toISOString();
const USED: Usage = {
  ...{ task: 1, run: 1, model: 'small-1', inputTokens: 12_000, cachedTokens: 0, outputTokens: 300 },
  ...{ costUsd: 1.2, costSource: 'computed', at: NOW },
};

describe('without a daemon', () => {
  it.each([
    ['status'],
    ['tasks'],
    ['show', 'T1'],
    ['cancel', 'T1'],
    ['retry', 'T1'],
    ['say', 'T1', 'hello'],
    ['pause', 'T1'],
    ['resume', 'T1'],
    ['checkpoints', 'T1'],
    ['logs', 'T1'],
    ['attach', 'T1'],
    ['agents'],
    ['debug', 'task', 'T1'],
    ['cleanup'],
  ])('orch %s says so, and how to start one', async (...args) => {
    await using here = await place();
    expect(await here.orch(args)).toEqual({
      stdout: '',
      stderr: `E_NO_DAEMON: No daemon answers at ${here.path}/.orch/daemon.sock. Start it with: orch start (in a repository), or orch serve (the GitHub App).`,
      exitCode: 3,
    });
  });

  it('orch tells its version and its help', async () => {
    await using here = await place();
    expect(await here.orch(['--version'])).toMatchObject({ stdout: version(), exitCode: 0 });
    expect((await here.orch(['--help'])).stdout).toContain('show [options] <TASK>');
  });

  it('what is wrong is one sentence with the next step, or JSON', async () => {
    await using here = await place();
    const said = async (...args: string[]) => {
      const { stdout, stderr, exitCode } = await here.orch(args);
      expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 2 });
      return stderr;
    };
    expect(await said('stauts')).toBe(
      "E_USAGE: Unknown command 'stauts'; did you mean status? See: orch --help",
    );
    expect(await said('tasks', '--limt', '3')).toBe(
      "E_USAGE: Unknown option '--limt'; did you mean --limit? See: orch tasks --help",
    );
    expect(JSON.parse(await said('show', '--json'))).toEqual({
      code: 'E_USAGE',
      message: "Missing required argument 'TASK'",
      remedy: 'See: orch show --help',
      exit: 2,
    });
    expect(await said()).toContain('Usage: orch [options] [command]');
  });
});

describe('orch status', () => {
  it('tells of the daemon and its newest tasks', async () => {
    using store = memoryStore();
    await using here = await place();
    await using _api = await daemon(here, store);
    const head = `Orch ${version()} at http://127.0.0.1:3000, process 99, since ${AT}`;
    expect((await here.orch(['status'])).stdout).toBe(`${head}\nNo tasks yet.`);
    started(store, { instruction: 'fix it\nand more' });
    store.tasks.update(1, 1, { pull: 5, pullUrl: 'u', pullState: 'open' });
    queued(store, { instruction: 'make it new' });
    expect((await here.orch(['status'])).stdout).toBe(
      [
        head,
        'Tasks: 1 queued, 1 starting',
        '',
        'TASK  STATE     WHERE         PR  INSTRUCTION',
        'T2    queued    acme/shop#42      make it new',
        'T1    starting  acme/shop#42  #5  fix it',
      ].join('\n'),
    );
    const json = JSON.parse((await here.orch(['status', '--json'])).stdout);
    expect(json).toMatchObject({
      version: version(),
      tasks: { queued: 1 },
      latest: [{ id: 'T2' }, { id: 'T1' }],
    });
  });
});

describe('orch tasks', () => {
  it('lists by state and number', async () => {
    using store = memoryStore();
    await using here = await place();
    await using _api = await daemon(here, store);
    expect((await here.orch(['tasks'])).stdout).toBe('No tasks.');
    for (let n = 0; n < 3; n++) queued(store, { instruction: `number ${n}` });
    cancel(store, 2, 'no', NOW);
    const rows = async (...args: string[]) =>
      (await here.orch(['tasks', ...args])).stdout.split('\n').slice(1);
    expect(await rows('--status', 'cancelled')).toEqual([expect.stringMatching(/^T2 +cancelled/)]);
    expect(await rows('--limit', '1')).toEqual([expect.stringMatching(/^T3 +queued/)]);
    expect(await here.orch(['tasks', '--status', 'done'])).toMatchObject({
      stdout: '',
      stderr: expect.stringMatching(/^E_USAGE: .*queued/s),
      exitCode: 2,
    });
  });

  it('lets no instruction forge a row or steer the terminal', async () => {
    using store = memoryStore();
    await using here = await place();
    await using _api = await daemon(here, store);
    queued(store, { instruction: 'fix\rT9    completed\u001b[1A\u009b2J\u0007 it' });
    expect((await here.orch(['tasks'])).stdout.split('\n').slice(1)).toEqual([
      'T1    queued  acme/shop#42      fix T9    completed[1A2J it',
    ]);
  });
});

describe('orch report', () => {
  it('tells what was done and what it took, and where the cost comes from', async () => {
    using store = memoryStore();
    await using here = await place();
    await using _api = await daemon(here, store);
    expect((await here.orch(['report', '--since', '2h'])).stdout).toBe(
      'No runs since 2027-01-15T06:00:00.000Z.',
    );
    const { run } = started(store);
    store.runs.update(run, { spawnedAt: NOW });
    store.usage.write(USED);
    endRun(store, run, { outcome: 'succeeded', exitCode: 0, reason: null, lastWords: null }, NOW + 90_000);
    const other = started(store);
    store.runs.update(other.run, { spawnedAt: NOW });
    expect((await here.orch(['report'])).stdout.split('\n')).toEqual([
      'DAY         REPOSITORY  AGENT   TASKS  RUNS  OUTCOMES             TIME        TOKENS        COST',
      '2027-01-15  acme/shop   claude  2      2     1 succeeded, 1 live  1 min 30 s  12.3k tokens  1.20 USD (computed, 1 run unknown)',
      'in all                          2      2     1 succeeded, 1 live  1 min 30 s  12.3k tokens  1.20 USD (computed, 1 run unknown)',
      '',
      'AGENT   RUNS  SUCCEEDED  TIME, MEDIAN  COST, MEDIAN',
      'claude  1     1 (100 %)  1 min 30 s    1.20 USD',
    ]);
    const { stdout } = await here.orch(['report', '--since', '2027-01-15', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ rows: [{ agent: 'claude', cost: { computed_usd: 1.2 } }] });
  });

  it('refuses a time that is none', async () => {
    using store = memoryStore();
    await using here = await place();
    await using _api = await daemon(here, store);
    expect(await here.orch(['report', '--since', 'yesterday'])).toMatchObject({
      stderr: 'E_USAGE: `since` must be like 7d, 12h or 2026-11-01, not yesterday. See: orch --help',
      exitCode: 2,
    });
  });
});

describe('orch show', () => {
  it('tells a task, its runs and its story', async () => {
    using store = memoryStore();
    await using here = await place();
    await using _api = await daemon(here, store);
    const { task, run } = started(store, { instruction: 'fix it\nand more', budgetUsd: 2 });
    store.tasks.update(1, 1, {
      branch: 'orch/T1-fix',
      pull: 5,
      pullUrl: 'https://github.test/5',
      pullState: 'open',
    });
    changeState(store, task, 'failed', NOW, { reason: 'it broke' });
    store.usage.write(USED);
    endRun(store, run, { outcome: 'crashed', exitCode: 1, reason: 'two\nlines', lastWords: null }, NOW);
    const { stdout, exitCode } = await here.orch(['show', 't1']);
    expect(exitCode).toBe(0);
    expect(stdout.split('\n')).toEqual([
      'T1  failed: it broke',
      'acme/shop#42, asked by ann',
      'fix it',
      'branch orch/T1-fix',
      'budget 2.00 USD, spent 1.20 USD',
      'pull request https://github.test/5 (open)',
      '',
      'RUN   AGENT     OUTCOME  TOKENS        COST                 REASON',
      'T1.1  claude-1  crashed  12.3k tokens  1.20 USD (computed)  two lines',
      'claude-1 took T1.1: the only agent',
      '',
      `${AT}  queued`,
      `${AT}  queued → starting`,
      `${AT}  taken by claude-1: the only agent`,
      `${AT}  starting → failed: it broke`,
      `${AT}  run ended: crashed: two lines`,
    ]);
    expect(JSON.parse((await here.orch(['show', 'T1', '--json'])).stdout)).toMatchObject({
      id: 'T1',
      budget: { usd: 2, tokens: null, spent_usd: 1.2, spent_tokens: 12_300 },
    });
  });

  it.each(['T9', 'nonsense', '../../x', 'T'.padEnd(300, '9')])('knows no task %s', async name => {
    using store = memoryStore();
    await using here = await place();
    await using _api = await daemon(here, store);
    const { stderr, exitCode } = await here.orch(['show', name]);
    expect(stderr).toMatch(/^E_(UNKNOWN_TASK|USAGE): /);
    expect(stderr).not.toContain('undefined');
    expect(exitCode).toBe(2);
  });
});

describe('orch cancel and orch retry', () => {
  it('change the task, or say why not', async () => {
    using store = memoryStore();
    await using here = await place();
    await using _api = await daemon(here, store);
    queued(store);
    expect(await here.orch(['cancel', '1'])).toEqual({ stdout: 'T1 is cancelled.', stderr: '', exitCode: 0 });
    expect(await here.orch(['cancel', 'T1'])).toEqual({
      stdout: '',
      stderr: 'E_TASK_STATE: T1 is cancelled already. See the state of the task with: orch show',
      exitCode: 4,
    });
    expect((await here.orch(['retry', 'T1', '--json'])).stdout).toContain('"status": "queued"');
  });
});

describe('orch logs', () => {
  it('prints the terminal of the last run, or of the one that is named, daemon or not', async () => {
    using store = memoryStore();
    await using here = await place();
    {
      await using _api = await daemon(here, store);
      queued(store);
      expect((await here.orch(['logs', 'T1'])).stderr).toMatch(/^E_TASK_STATE: T1 has not started yet/);
      started(store);
      expect((await here.orch(['logs', 'T2'])).stderr).toMatch(/^E_TASK_STATE: T2.1 has no log yet/);
      writeFileSync(join(here.path, '.orch/logs/T2.1.log'), 'à\u001b[1mhello\u001b[0m\n');
      expect((await here.orch(['logs', 'T2'])).stdout).toBe('à\u001b[1mhello\u001b[0m');
    }
    expect((await here.orch(['logs', 't2.1'])).stdout).toContain('hello');
    expect((await here.orch(['logs', 'T2.1/../../x'])).stderr).toMatch(/^E_UNKNOWN_TASK/);
  });

  it('follows until the task is over', async () => {
    using store = memoryStore();
    await using here = await place();
    await using _api = await daemon(here, store);
    const { task } = started(store);
    const file = join(here.path, '.orch/logs/T1.1.log');
    writeFileSync(file, 'first\n');
    const list = store.tasks.get;
    let looks = 0;
    store.tasks.get = id => {
      looks += 1;
      if (looks === 3) {
        writeFileSync(file, 'second\n', { flag: 'a' });
        store.tasks.get = list;
        cancel(store, task.id, 'no', NOW);
      }
      return list(id);
    };
    expect(await here.orch(['logs', 'T1', '-f'])).toEqual({
      stdout: 'first\nsecond',
      stderr: '',
      exitCode: 0,
    });
  });
});

describe('orch checkpoints', () => {
  it('lists what was kept, and what is not in it', async () => {
    using store = memoryStore();
    await using here = await place();
    await using _api = await daemon(here, store);
    started(store);
    expect((await here.orch(['checkpoints', 'T1'])).stdout).toBe('No checkpoints yet.');
    const made = { task: 1, run: 1, sha: 'a'.repeat(40), session: null, pull: null, at: NOW };
    store.checkpoints.add({ ...made, leftOut: ['huge (21 MB)'], why: 'by the agent: \u001b[31mred' });
    expect((await here.orch(['checkpoints', 'T1'])).stdout).toBe(
      [
        'N  MADE AT                   RUN   COMMIT      LEFT OUT  WHY',
        `1  ${AT}  T1.1  aaaaaaaaaa  1         by the agent: [31mred`,
      ].join('\n'),
    );
    const json = JSON.parse((await here.orch(['checkpoints', 'T1', '--json'])).stdout);
    expect(json).toMatchObject([{ number: 1, left_out: ['huge (21 MB)'] }]);
  });
});
