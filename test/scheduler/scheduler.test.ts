import { describe, expect, it } from 'vitest';
import { cancel, retry } from '../../src/queue/change.ts';
import { OrchError } from '../../src/shared/errors.ts';
import { settled } from '../support/clock.ts';
import { bench, type SchedulerBench } from './bench.ts';

const MINUTE = 60_000;

/** What `orch done` and the broker write. */
function sayDone({ store, clock, run }: SchedulerBench): void {
  store.transaction(() => {
    store.runs.update(run(), { doneAt: clock.now() });
    store.journal.append(clock.now(), 1, 'run:done', { run: 1, summary: 'ok' });
  });
}

function openPull({ store, clock, task }: SchedulerBench): void {
  store.transaction(() => {
    const { epoch } = task();
    store.tasks.update(1, epoch, { head: 'abc', pull: 5, pullUrl: 'u', pullState: 'open' });
    store.journal.append(clock.now(), 1, 'pull:opened', { number: 5, url: 'u', draft: false });
  });
}

describe('the scheduler', () => {
  it('takes a task from the queue to a running agent at once, without polling', async () => {
    await using b = bench();
    expect(await b.ask()).toMatchObject({
      state: 'running',
      branch: 'orch/T1',
      target: 'main',
      baseSha: 'base',
    });
    expect(b.run()).toMatchObject({ pid: 1001, spawnedAt: b.clock.now(), endedAt: null });
    const starting = b.world.calls.filter(call => /^(prepare|open|launch)/.test(call)).slice(1, 4);
    expect(starting).toEqual(['prepare T1.1', 'open T1.1', 'launch T1.1']);
    expect(b.types()).toEqual([
      'task:queued',
      'task:state',
      'run:claimed',
      'run:prepared',
      'run:spawned',
      'task:state',
    ]);
    expect([...b.world.brokers]).toEqual(['T1.1']);
  });

  it('completes a task when its agent has opened the pull request and ends', async () => {
    await using b = bench();
    await b.ask();
    openPull(b);
    await settled();
    expect(b.task().state).toBe('running');
    b.world.end('T1.1', 0);
    b.scheduler.wake(1);
    await settled();
    expect(b.task()).toMatchObject({ state: 'completed', reason: null });
    expect(b.run()).toMatchObject({ outcome: 'succeeded', exitCode: 0, lastWords: 'last words of T1.1' });
    expect(b.world.brokers.size).toBe(0);
  });

  it('completes it as soon as the agent says done, and lets the agent end within the grace', async () => {
    await using b = bench();
    await b.ask();
    openPull(b);
    sayDone(b);
    await settled();
    expect(b.task().state).toBe('completed');
    expect(b.run().endedAt).toBeNull();
    await b.clock.advance(29_000);
    expect(b.world.calls).not.toContain('interrupt T1.1');
    await b.clock.advance(1_000);
    expect(b.world.calls).toContain('interrupt T1.1');
    await b.clock.advance(5_000);
    expect(b.run()).toMatchObject({ outcome: 'succeeded', exitCode: 130, stopReason: 'succeeded' });
    expect(b.task().state).toBe('completed');
  });

  it('opens a draft for commits that an agent left without pull request', async () => {
    await using b = bench();
    await b.ask();
    b.world.unpushed.set('T1.1', 'abc');
    b.world.end('T1.1', 0);
    b.scheduler.wake(1);
    await settled();
    expect(b.task()).toMatchObject({ state: 'completed', head: 'abc', pull: 101 });
    expect(b.world.calls.slice(-6)).toEqual([
      'kill T1.1',
      'lastWords T1.1',
      'find T1',
      'rescue T1.1',
      'openDraft T1.1',
      'close T1.1',
    ]);
  });

  it('fails a task whose agent ended with nothing, with its last words', async () => {
    await using b = bench();
    await b.ask();
    b.world.end('T1.1', 0);
    b.scheduler.wake(1);
    await settled();
    expect(b.task()).toMatchObject({ state: 'failed', reason: 'the agent ended without a commit' });
    expect(b.run()).toMatchObject({ outcome: 'failed', lastWords: 'last words of T1.1' });
  });

  it('tries a crashed agent again, later each time, and asks a person in the end', async () => {
    await using b = bench();
    await b.ask();
    for (const [number, delay] of [60, 120, 240].entries()) {
      b.world.end(`T1.${number + 1}`, 1);
      b.scheduler.wake(1);
      await settled();
      expect(b.task()).toMatchObject({ state: 'queued', tries: number + 1, runs: number + 1 });
      await b.clock.advance(delay * 1000 - 1);
      expect(b.task().state).toBe('queued');
      await b.clock.advance(1);
      expect(b.task()).toMatchObject({ state: 'running', runs: number + 2 });
    }
    b.world.end('T1.4', 1);
    b.scheduler.wake(1);
    await settled();
    expect(b.task()).toMatchObject({
      state: 'escalated',
      reason: 'the agent crashed with exit code 1 (tried 4 times)',
    });
    retry(b.store, 1, 'by hand', b.clock.now());
    await settled();
    expect(b.task()).toMatchObject({ state: 'running', runs: 5, tries: 0 });
    expect(new Set(b.world.launches.values())).toEqual(new Set([1]));
  });

  it('interrupts what takes too long, then kills it, then tries again', async () => {
    await using b = bench();
    await b.ask();
    b.world.session('T1.1').obeys = null;
    await b.clock.advance(30 * MINUTE - 1);
    expect(b.world.calls).not.toContain('interrupt T1.1');
    await b.clock.advance(1);
    expect(b.world.calls).toContain('interrupt T1.1');
    expect(b.types().at(-1)).toBe('run:stopping');
    await b.clock.advance(30_000 - 1);
    expect(b.world.session('T1.1').alive).toBe(true);
    await b.clock.advance(1);
    expect(b.run()).toMatchObject({ outcome: 'timed_out', exitCode: null });
    expect(b.task()).toMatchObject({ state: 'queued', reason: 'no result after 30 min' });
  });

  it('finds out about an end that nobody told it, by its sweep', async () => {
    await using b = bench();
    await b.ask();
    b.world.end('T1.1', 0);
    await settled();
    expect(b.task().state).toBe('running');
    await b.clock.advance(5_000);
    expect(b.task().state).toBe('failed');
  });

  it('promotes low tasks that waited long', async () => {
    await using b = bench({ limits: { concurrent: 1 } });
    await b.ask({ timeoutSeconds: 99_999 });
    await b.ask({ priority: 'low' });
    await b.clock.advance(30 * MINUTE);
    expect(b.task(2).priority).toBe('normal');
  });

  it('starts the next task when a place becomes free', async () => {
    await using b = bench({ limits: { concurrent: 1 } });
    await b.ask();
    expect((await b.ask()).state).toBe('queued');
    b.world.end('T1.1', 0);
    b.scheduler.wake(1);
    await settled();
    expect([b.task(1).state, b.task(2).state]).toEqual(['failed', 'running']);
  });

  it('looks again when it is woken while it looks', async () => {
    await using b = bench();
    await b.ask();
    let woken = false;
    b.world.after = call => {
      if (call !== 'look' || woken) return;
      woken = true;
      // The agent ends just after it was seen alive, and its exit file wakes the scheduler.
      b.world.end('T1.1', 0);
      b.scheduler.wake(1);
    };
    // What was seen stands for the moment of the look.
    b.scheduler.wake(1);
    await settled();
    expect(b.task().state).toBe('failed');
  });
});

describe('cancelling', () => {
  it('stops the agent, keeps its commits, and ends the run as cancelled', async () => {
    await using b = bench();
    await b.ask();
    cancel(b.store, 1, 'no', b.clock.now());
    await settled();
    expect(b.world.calls).toContain('interrupt T1.1');
    await b.clock.advance(30_000);
    expect(b.run()).toMatchObject({ outcome: 'cancelled', exitCode: 130 });
    expect(b.task()).toMatchObject({ state: 'cancelled', reason: 'no' });
    expect(b.world.calls).toContain('rescue T1.1');
    expect(b.world.brokers.size).toBe(0);
  });

  it('ends the run also when the workspace is too broken to keep anything', async () => {
    await using b = bench();
    await b.ask();
    b.world.before = call => {
      if (call === 'rescue') throw new Error('no repository here');
    };
    cancel(b.store, 1, 'no', b.clock.now());
    await b.clock.advance(30_000);
    expect(b.run()).toMatchObject({ outcome: 'cancelled' });
  });

  it.each(['prepare', 'launch'] as const)(
    'during %s leaves no agent and no open broker behind',
    async during => {
      await using b = bench();
      b.world.after = call => {
        if (call === during && b.task().state !== 'cancelled') cancel(b.store, 1, 'no', b.clock.now());
      };
      await b.ask();
      await b.clock.advance(MINUTE);
      expect(b.task()).toMatchObject({ state: 'cancelled', branch: during === 'prepare' ? null : 'orch/T1' });
      expect(b.run()).toMatchObject({ outcome: 'cancelled' });
      expect([...b.world.sessions.values()].some(({ alive }) => alive)).toBe(false);
      expect(b.world.brokers.size).toBe(0);
    },
  );

  it.each(['find', 'rescue', 'kill', 'lastWords'] as const)(
    'while the run is being settled, at %s, opens no draft for it',
    async during => {
      await using b = bench();
      await b.ask();
      b.world.unpushed.set('T1.1', 'abc');
      b.world.end('T1.1', 0);
      b.world.before = call => {
        if (call === during && b.task().state === 'running') cancel(b.store, 1, 'no', b.clock.now());
      };
      b.scheduler.wake(1);
      await settled();
      expect(b.world.calls).not.toContain('openDraft T1.1');
      expect(b.task()).toMatchObject({ state: 'cancelled', pull: null });
      expect(b.run()).toMatchObject({ outcome: 'cancelled' });
    },
  );

  it('and retrying while the old agent dies starts the new run only after its end', async () => {
    await using b = bench();
    await b.ask();
    b.world.session('T1.1').obeys = null;
    cancel(b.store, 1, 'no', b.clock.now());
    retry(b.store, 1, 'again', b.clock.now());
    await settled();
    expect([...b.world.sessions.keys()]).toEqual(['T1.1']);
    await b.clock.advance(30_000);
    expect(b.run(1)).toMatchObject({ outcome: 'cancelled' });
    expect(b.task()).toMatchObject({ state: 'running', runs: 2 });
    expect(b.world.session('T1.1').alive).toBe(false);
  });

  it('after done and before the end of the agent is refused, for the task is complete', async () => {
    await using b = bench();
    await b.ask();
    openPull(b);
    sayDone(b);
    await settled();
    expect(() => cancel(b.store, 1, 'no', b.clock.now())).toThrow('T1 is completed already');
  });
});

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

describe('draining', () => {
  it('starts nothing new, and lets the agents live', async () => {
    await using b = bench();
    await b.ask();
    await b.scheduler.drain();
    await b.ask();
    b.scheduler.wake(1);
    b.world.end('T1.1', 0);
    await b.clock.advance(MINUTE);
    expect([b.task(1).state, b.task(2).state]).toEqual(['running', 'queued']);
    expect(b.clock.waiting).toBe(0);
  });

  it('waits for the step under way and writes what it did', async () => {
    await using b = bench();
    let release: () => void = () => {};
    b.world.before = call =>
      call === 'launch' ? new Promise<void>(resolve => (release = resolve)) : undefined;
    await b.ask();
    let drained = false;
    const draining = b.scheduler.drain().then(() => {
      drained = true;
    });
    await settled();
    expect(drained).toBe(false);
    release();
    await draining;
    expect(b.task().state).toBe('running');
    expect(b.run().spawnedAt).not.toBeNull();
    expect(b.clock.waiting).toBe(0);
  });
});

describe('after kill -9', () => {
  const STEPS = [
    'prepare',
    'open',
    'launch',
    'look',
    'kill',
    'rescue',
    'find',
    'openDraft',
    'close',
  ] as const;

  it.each(STEPS.flatMap(step => [`before ${step}`, `after ${step}`]))(
    '%s the next start goes on, and starts each run once',
    async moment => {
      await using b = bench();
      let crashes = 0;
      const crashAt = (when: string) => (call: string) => {
        if (`${when} ${call}` !== moment || crashes >= 3) return;
        crashes += 1;
        b.kill();
      };
      b.world.before = crashAt('before');
      b.world.after = crashAt('after');
      b.world.unpushed.set('T1.1', 'abc');
      await b.ask().catch(() => {});
      for (let round = 0; round < 6; round++) {
        await b.crash();
        if (b.world.sessions.get('T1.1')?.alive) b.world.end('T1.1', 0);
        await b.clock.advance(5_000);
      }
      expect(crashes).toBeGreaterThan(0);
      expect(b.task()).toMatchObject({ state: 'completed', pull: 101, runs: 1 });
      expect(b.run()).toMatchObject({ outcome: 'succeeded' });
      expect([...b.world.launches]).toEqual([['T1.1', 1]]);
      expect(b.world.brokers.size).toBe(0);
      expect(b.types().filter(type => type === 'run:ended')).toHaveLength(1);
    },
  );

  it('the agent that went on is found, and its broker listens again', async () => {
    await using b = bench();
    await b.ask();
    await b.crash();
    expect(b.task().state).toBe('running');
    expect([...b.world.brokers]).toEqual(['T1.1']);
    expect(b.world.launches.get('T1.1')).toBe(1);
    await b.clock.advance(30 * MINUTE);
    expect(b.run().stopReason).toBe('timed_out');
  });

  it('a retry that was waiting is still waiting, until its time', async () => {
    await using b = bench();
    await b.ask();
    b.world.end('T1.1', 1);
    b.scheduler.wake(1);
    await settled();
    await b.crash();
    await b.clock.advance(MINUTE - 1);
    expect(b.task().state).toBe('queued');
    await b.clock.advance(1);
    expect(b.task().state).toBe('running');
  });

  it('an agent that was being stopped is killed when its grace is over', async () => {
    await using b = bench();
    await b.ask();
    b.world.session('T1.1').obeys = null;
    cancel(b.store, 1, 'no', b.clock.now());
    await settled();
    await b.crash();
    await b.clock.advance(29_999);
    expect(b.world.session('T1.1').alive).toBe(true);
    await b.clock.advance(1);
    expect(b.run()).toMatchObject({ outcome: 'cancelled' });
  });
});
