import { describe, expect, it } from 'vitest';
import { cancel } from '../../src/queue/change.ts';
import { settled } from '../support/clock.ts';
import { bench } from './bench.ts';

const MINUTE = 60_000;

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
