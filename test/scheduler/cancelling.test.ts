import { describe, expect, it } from 'vitest';
import { cancel, retry } from '../../src/queue/change.ts';
import { OrchError } from '../../src/shared/errors.ts';
import { settled } from '../support/clock.ts';
import { bench, openPull, sayDone } from './bench.ts';

const MINUTE = 60_000;

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
      if (call === 'rescue') throw new OrchError('E_PROGRAM_FAILED', 'no repository here');
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
      expect(b.world.launches.size).toBe(during === 'prepare' ? 0 : 1);
      expect([...b.world.sessions.values()].some(({ alive }) => alive)).toBe(false);
      expect(b.world.brokers.size).toBe(0);
    },
  );

  it.each(['find', 'rescue', 'kill', 'lastWords'] as const)(
    'while the run is being settled, at %s, opens no draft for it',
    async during => {
      await using b = bench();
      await b.ask();
      b.store.tasks.update(1, b.task().epoch, { head: 'abc' });
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

  it('and retrying while the run is being settled leaves the verdict of the old run without effect', async () => {
    await using b = bench();
    await b.ask();
    b.world.end('T1.1', 0);
    b.world.before = call => {
      if (call !== 'close' || b.task().epoch > 1) return;
      cancel(b.store, 1, 'no', b.clock.now());
      retry(b.store, 1, 'again', b.clock.now());
    };
    b.scheduler.wake(1);
    await settled();
    expect(b.task()).toMatchObject({ state: 'running', runs: 2, tries: 0 });
    expect(b.run(1).endedAt).not.toBeNull();
  });

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
