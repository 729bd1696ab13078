import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tryAppend } from '../../src/agent/run-files.ts';
import { changeState, endRun, promote } from '../../src/queue/change.ts';
import { startRecorder } from '../../src/record/recorder.ts';
import { openLog } from '../../src/shared/log.ts';
import { redactShapes } from '../../src/shared/secrets/secrets.ts';
import type { Store } from '../../src/store/open.ts';
import { fakeClock, settled } from '../support/clock.ts';
import { claimed, memoryStore, NOW, queued, started } from '../support/tasks.ts';
import { temporaryDirectory } from '../support/temporary.ts';

interface Recorded extends AsyncDisposable {
  home: string;
  log(): { msg: string; task?: string; correlation?: string }[];
  monitor(run: string): string[];
  result(run: string): Record<string, unknown>;
  stop(): Promise<void>;
}

async function record(
  store: Store,
  changedFiles: () => Promise<string[]> = async () => ['a.ts'],
  clock = fakeClock(),
): Promise<Recorded> {
  const home = await temporaryDirectory();
  const logFile = join(home.path, 'orch.log');
  const lines = (file: string) => readFileSync(file, 'utf8').trimEnd().split('\n');
  for (const run of ['T1.1', 'T1.2']) mkdirSync(join(home.path, 'runs', run), { recursive: true });
  const recorder = startRecorder({
    store,
    clock,
    log: openLog({ level: 'info', file: logFile }),
    redact: redactShapes,
    monitor: (run, line) => void tryAppend(join(home.path, 'runs', run, 'monitor.log'), line),
    usage: () => ({ memoryMb: 12, cpuSeconds: 0.5 }),
    resultFile: run => join(home.path, 'results', `${run}.json`),
    changedFiles,
  });
  return {
    home: home.path,
    log: () => lines(logFile).map(line => JSON.parse(line)),
    monitor: run => lines(join(home.path, 'runs', run, 'monitor.log')),
    result: run => JSON.parse(readFileSync(join(home.path, 'results', `${run}.json`), 'utf8')),
    stop: () => recorder.stop(),
    async [Symbol.asyncDispose]() {
      await recorder.stop();
      await home[Symbol.asyncDispose]();
    },
  };
}

const at = new Date(NOW).toISOString();
const FAILED = { outcome: 'failed', exitCode: 3, reason: 'why', lastWords: 'I give up' } as const;

describe('the recorder', () => {
  it('tells every event in a line of the log and of the run’s monitor', async () => {
    using store = memoryStore();
    await using recorded = await record(store);
    const { task, run } = started(store);
    const append = store.journal.append;
    append(NOW, 1, 'run:prepared', { run: 1, branch: 'orch/T1', base: 'main' });
    append(NOW, 1, 'run:spawned', { run: 1, pid: 77 });
    append(NOW, 1, 'branch:pushed', { run: 1, head: '0123456789abcdef' });
    append(NOW, 1, 'pull:opened', { number: 5, url: 'https://github.test/5', draft: true });
    append(NOW, 1, 'pull:state', { state: 'merged' });
    append(NOW, 1, 'run:done', { run: 1, summary: 'all green' });
    append(NOW, 1, 'run:stopping', { run: 1, why: 'succeeded' });
    append(NOW, 1, 'workspace:removed', { run: 1, rescued: null });
    append(NOW, 1, 'task:promoted', {});
    changeState(store, task, 'failed', NOW, { reason: 'why' });
    endRun(store, run, FAILED, NOW);
    await recorded.stop();
    expect(recorded.monitor('T1.1')).toEqual(
      [
        'queued',
        'queued → starting',
        'taken by claude-1: the only agent',
        'workspace ready: orch/T1 from main',
        'agent started, process 77',
        'pushed 0123456789',
        'draft pull request #5: https://github.test/5',
        'pull request merged',
        'the agent says it is done: all green',
        'agent is being stopped: succeeded',
        'workspace removed',
        'waited long, so it has normal priority now',
        'starting → failed: why',
        'run ended: failed: why',
      ].map(line => `${at}  ${line}`),
    );
    expect(recorded.log()).toHaveLength(14);
    expect(recorded.log()[2]).toMatchObject({
      msg: 'run:claimed',
      task: 'T1',
      correlation: task.correlation,
      agent: 'claude-1',
    });
  });

  it('writes the result of a run that came to nothing, with the last words', async () => {
    using store = memoryStore();
    await using recorded = await record(store);
    const { run } = started(store);
    endRun(store, run, FAILED, NOW + 1000);
    await recorded.stop();
    expect(recorded.result('T1.1')).toEqual({
      task: 'T1',
      memory_mb: 12,
      cpu_seconds: 0.5,
      run: 'T1.1',
      agent: 'claude-1',
      status: 'failed',
      exit: 3,
      started_at: at,
      finished_at: new Date(NOW + 1000).toISOString(),
      branch: null,
      head: null,
      pull_request: null,
      files_modified: ['a.ts'],
      model: null,
      tokens: null,
      cost_usd: null,
      cost_source: null,
      summary: 'I give up',
      error: 'why',
    });
    expect(statSync(join(recorded.home, 'results', 'T1.1.json')).mode & 0o777).toBe(0o600);
    expect(existsSync(join(recorded.home, 'results', 'T1.1.json.new'))).toBe(false);
  });

  it('writes the result of a run that succeeded, with what the agent said of it', async () => {
    using store = memoryStore();
    await using recorded = await record(store);
    const { task, run } = started(store);
    store.tasks.update(1, task.epoch, { branch: 'b', head: 'abc', pull: 5, pullUrl: 'u', pullState: 'open' });
    store.journal.append(NOW, 1, 'run:done', { run: 1, summary: 'all green' });
    store.usage.write({
      ...{ task: 1, run: 1, model: 'small-1', inputTokens: 90, cachedTokens: 30, outputTokens: 5 },
      ...{ costUsd: 0.5, costSource: 'reported', at: NOW },
    });
    endRun(store, run, { outcome: 'succeeded', exitCode: 0, reason: null, lastWords: 'bye' }, NOW);
    await recorded.stop();
    expect(recorded.result('T1.1')).toMatchObject({
      status: 'succeeded',
      branch: 'b',
      head: 'abc',
      pull_request: { number: 5, url: 'u' },
      model: 'small-1',
      tokens: { input: 90, cached: 30, output: 5 },
      cost_usd: 0.5,
      cost_source: 'reported',
      summary: 'all green',
      error: null,
    });
  });

  it('writes the result also when the changed files can not be told', async () => {
    using store = memoryStore();
    await using recorded = await record(store, async () => {
      throw new Error('the repository is gone');
    });
    endRun(store, started(store).run, FAILED, NOW);
    await recorded.stop();
    expect(recorded.result('T1.1')).toMatchObject({ status: 'failed', files_modified: null });
    expect(store.journal.behind('recorder')).toEqual([]);
  });

  it('goes on where it was after a restart, and tells nothing twice', async () => {
    using store = memoryStore();
    queued(store);
    {
      await using first = await record(store);
      await first.stop();
      expect(first.log().map(({ msg }) => msg)).toEqual(['task:queued']);
    }
    const { run } = claimed(store) as NonNullable<ReturnType<typeof claimed>>;
    endRun(store, run, FAILED, NOW);
    await using second = await record(store);
    await second.stop();
    expect(second.log().map(({ msg }) => msg)).toEqual(['task:state', 'run:claimed', 'run:ended']);
    expect(second.result('T1.1')).toMatchObject({ status: 'failed' });
  });

  it('tells of a run in its own monitor, although the next one is claimed already', async () => {
    using store = memoryStore();
    const { task, run } = started(store);
    changeState(store, task, 'queued', NOW);
    endRun(store, run, FAILED, NOW);
    claimed(store);
    await using recorded = await record(store);
    await recorded.stop();
    expect(recorded.monitor('T1.1').at(-1)).toBe(`${at}  run ended: failed: why`);
    expect(recorded.monitor('T1.2').at(-1)).toBe(`${at}  taken by claude-1: the only agent`);
  });

  it('lets no task wait for the result of another', async () => {
    using store = memoryStore();
    let found: (files: string[]) => void = () => {};
    await using recorded = await record(store, () => new Promise(done => (found = done)));
    endRun(store, started(store).run, FAILED, NOW);
    await settled();
    started(store);
    await settled();
    expect(recorded.log().at(-1)).toMatchObject({ msg: 'run:claimed', task: 'T2' });
    expect(existsSync(join(recorded.home, 'results', 'T1.1.json'))).toBe(false);
    found([]);
  });

  it('tries again what could not be written', async () => {
    using store = memoryStore();
    const clock = fakeClock();
    await using recorded = await record(store, async () => [], clock);
    const { cursor } = store.journal;
    store.journal.cursor = () => {
      throw new Error('disk I/O error');
    };
    started(store);
    await settled();
    store.journal.cursor = cursor;
    await clock.advance(1000);
    expect(recorded.monitor('T1.1').at(-1)).toBe(`${at}  taken by claude-1: the only agent`);
  });

  it("lets no agent's words steer the terminal or look like a line of Orch's own", async () => {
    using store = memoryStore();
    await using recorded = await record(store);
    started(store);
    store.journal.append(NOW, 1, 'run:done', {
      run: 1,
      summary: `\u001b[2Jok\r\n${at}  run ended: succeeded`,
    });
    await recorded.stop();
    expect(recorded.monitor('T1.1').slice(-2)).toEqual([
      `${at}  the agent says it is done: [2Jok`,
      `  ${at}  run ended: succeeded`,
    ]);
  });

  it('writes no monitor for a run that has no folder', async () => {
    using store = memoryStore();
    await using recorded = await record(store);
    queued(store, { priority: 'low' });
    queued(store);
    promote(store, NOW, NOW);
    claimed(store);
    claimed(store);
    await recorded.stop();
    expect(recorded.log().length).toBeGreaterThan(5);
    expect(existsSync(join(recorded.home, 'runs', 'T2.1'))).toBe(false);
  });
});
