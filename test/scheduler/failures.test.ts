import { describe, expect, it } from 'vitest';
import { OrchError } from '../../src/shared/errors.ts';
import { settled } from '../support/clock.ts';
import { bench, openPull } from './bench.ts';

const MINUTE = 60_000;

describe('a failure', () => {
  it.each([
    ['E_MISSING_PROGRAM', 'failed'],
    ['E_UNKNOWN_BASE', 'failed'],
    ['E_PROMPT_TOO_LONG', 'failed'],
    ['E_PROGRAM_FAILED', 'queued'],
  ] as const)('of the start with %s leaves the task %s, and no agent', async (code, state) => {
    await using b = bench();
    b.world.after = call => {
      if (call === 'launch') throw new OrchError(code, 'broken');
    };
    expect(await b.ask()).toMatchObject({ state, reason: expect.stringContaining(`${code}: broken.`) });
    expect(b.world.session('T1.1').alive).toBe(false);
    expect(b.world.brokers.size).toBe(0);
    expect(b.run().endedAt).not.toBeNull();
  });

  it.each([
    ['of the host to give a sandbox', 'prepare', 'E_SANDBOX_UNAVAILABLE'],
    ['of the host to give a sandbox', 'launch', 'E_SANDBOX_UNAVAILABLE'],
    ['of GitHub to say who may command', 'prepare', 'E_GITHUB_AWAY'],
  ] as const)(
    '%s, at %s, waits in the queue, counts as no try, and starts once it is there',
    async (_, during, code) => {
      await using b = bench({ policy: { maxRetries: 1 } });
      b.world.before = call => {
        if (call === during) throw new OrchError(code, 'it is not there');
      };
      expect(await b.ask()).toMatchObject({
        state: 'queued',
        reason: expect.stringContaining(`${code}: it is not there.`),
        readyAt: b.clock.now() + MINUTE,
      });
      await b.clock.advance(24 * 60 * MINUTE);
      expect(b.task()).toMatchObject({ state: 'queued', tries: 0 });
      // Later each time, and every ten minutes in the end.
      expect(b.store.runs.ofTask(1).length).toBeLessThan(150);
      expect(b.world.brokers.size).toBe(0);
      expect(b.store.runs.live()).toEqual([]);
      b.world.before = () => {};
      await b.clock.advance(10 * MINUTE);
      expect(b.task()).toMatchObject({ state: 'running', tries: 0 });
    },
  );

  it('of GitHub while a run is settled waits for GitHub, later each time, with the sweep leaving it alone', async () => {
    await using b = bench();
    await b.ask();
    b.world.end('T1.1', 0);
    let tries = 0;
    b.world.before = call => {
      if (call !== 'find') return;
      tries += 1;
      throw new Error('502 Bad Gateway');
    };
    b.scheduler.wake(1);
    await b.clock.advance(10 * MINUTE);
    expect(tries).toBeGreaterThan(8);
    expect(tries).toBeLessThan(20);
    expect(b.task().state).toBe('running');
    b.world.before = () => {};
    await b.clock.advance(MINUTE);
    expect(b.task().state).toBe('failed');
  });

  it('leaves later runs of the task under the eyes of the sweep', async () => {
    await using b = bench();
    await b.ask();
    let broken = true;
    b.world.before = call => {
      if (call === 'find' && broken) throw new Error('502');
    };
    b.world.end('T1.1', 1);
    b.scheduler.wake(1);
    await settled();
    broken = false;
    await b.clock.advance(2 * MINUTE);
    expect(b.task()).toMatchObject({ state: 'running', runs: 2 });
    b.world.end('T1.2', 0);
    await b.clock.advance(5_000);
    expect(b.task().state).toBe('failed');
  });

  it('to kill is no end: the run stays until its processes are gone', async () => {
    await using b = bench();
    await b.ask();
    b.world.before = call => {
      if (call === 'kill') throw new OrchError('E_PROGRAM_FAILED', 'Processes outlive SIGKILL');
    };
    b.world.end('T1.1', 0);
    b.scheduler.wake(1);
    await b.clock.advance(5 * MINUTE);
    expect(b.run().endedAt).toBeNull();
    b.world.before = () => {};
    await b.clock.advance(MINUTE);
    expect(b.run().endedAt).not.toBeNull();
  });

  it.each([
    ['E_PROGRAM_FAILED', null, 'queued', 'crashed'],
    ['E_PUSH_REFUSED', null, 'failed', 'failed'],
    ['E_PROGRAM_FAILED', 5, 'completed', 'succeeded'],
    ['E_PUSH_REFUSED', 5, 'completed', 'succeeded'],
  ] as const)(
    'to take commits (%s, pull request %s) leaves the task %s',
    async (code, pull, state, outcome) => {
      await using b = bench();
      await b.ask();
      if (pull) openPull(b);
      b.world.before = call => {
        if (call === 'rescue') throw new OrchError(code, 'fatal: not a git repository');
      };
      b.world.end('T1.1', 0);
      b.scheduler.wake(1);
      await settled();
      expect(b.task()).toMatchObject({ state, reason: expect.stringContaining('not a git repository') });
      expect(b.run()).toMatchObject({ outcome });
      expect(b.world.brokers.size).toBe(0);
    },
  );

  it('of tmux to answer is never taken for a death', async () => {
    await using b = bench();
    await b.ask();
    b.world.blind = true;
    await b.clock.advance(45 * MINUTE);
    expect(b.task().state).toBe('running');
    expect(b.world.calls.some(call => /^(kill|interrupt)/.test(call))).toBe(false);
    b.world.blind = false;
    await b.clock.advance(5_000);
    expect(b.run()).toMatchObject({ stopReason: 'timed_out' });
  });

  it('of the database does not end the daemon: the queue goes on when it can be written again', async () => {
    await using b = bench();
    const { insert } = b.store.runs;
    b.store.runs.insert = () => {
      throw new Error('database or disk is full');
    };
    expect((await b.ask()).state).toBe('queued');
    b.store.runs.insert = insert;
    await b.clock.advance(5_000);
    expect(b.task().state).toBe('running');
  });

  it('of a promotion does not stop the sweep', async () => {
    await using b = bench();
    const { promotable } = b.store.tasks;
    b.store.tasks.promotable = () => {
      throw new Error('database or disk is full');
    };
    await b.ask();
    await b.clock.advance(20_000);
    b.store.tasks.promotable = promotable;
    b.world.end('T1.1', 0);
    await b.clock.advance(5_000);
    expect(b.task().state).toBe('failed');
  });
});
