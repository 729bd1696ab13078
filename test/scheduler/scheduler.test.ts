import { describe, expect, it } from 'vitest';
import { retry } from '../../src/queue/change.ts';
import { settled } from '../support/clock.ts';
import { bench, openPull, sayDone } from './bench.ts';

const MINUTE = 60_000;

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
    await using b = bench({ sweepSeconds: 3600 });
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
