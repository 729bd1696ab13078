import { describe, expect, it } from 'vitest';
import { startTimedCheckpoints } from '../../src/daemon/timed-checkpoints.ts';
import { pause } from '../../src/queue/change.ts';
import { OrchError } from '../../src/shared/errors.ts';
import { silentLog } from '../../src/shared/log.ts';
import { type Run, runName } from '../../src/task/glossary.ts';
import { fakeClock, settled } from '../support/clock.ts';
import { memoryStore, started } from '../support/tasks.ts';

const MINUTE = 60_000;

/** Two agents at work; `make` says how long a snapshot takes, or that it fails. */
function bench({
  everyMinutes = 10,
  make = async () => {},
}: {
  everyMinutes?: number;
  make?(): Promise<void>;
}) {
  const store = memoryStore();
  const clock = fakeClock();
  const made: string[] = [];
  const begin = () => {
    const { run } = started(store, {}, clock.now());
    store.runs.update(run, { spawnedAt: clock.now() });
    store.journal.append(clock.now(), run.task, 'run:spawned', { run: run.number, pid: 1 });
    return run;
  };
  const first = begin();
  const timed = startTimedCheckpoints({
    store,
    clock,
    log: silentLog(),
    everyMinutes,
    async snapshot(_task, run, why) {
      made.push(`${runName(run.task, run.number)} ${why}`);
      await make();
    },
  });
  return { store, clock, made, begin, first, timed };
}

describe('checkpoints by time', () => {
  it('are made of each agent at work, from its start on', async () => {
    const { clock, made, begin, timed } = bench({});
    await clock.advance(4 * MINUTE);
    begin();
    await clock.advance(7 * MINUTE);
    expect(made).toEqual(['T1.1 by time']);
    await clock.advance(3 * MINUTE);
    expect(made).toEqual(['T1.1 by time', 'T2.1 by time']);
    await clock.advance(10 * MINUTE);
    expect(made).toEqual(['T1.1 by time', 'T2.1 by time', 'T1.1 by time', 'T2.1 by time']);
    await timed.stop();
    await clock.advance(60 * MINUTE);
    expect(made).toHaveLength(4);
  });

  it('are not hurried by what is told of the task meanwhile', async () => {
    const { store, clock, made, first } = bench({});
    for (let minute = 0; minute < 25; minute++) {
      store.journal.append(clock.now(), first.task, 'run:progress', { run: 1, text: 'on it' });
      await clock.advance(MINUTE);
    }
    expect(made).toHaveLength(2);
  });

  it.each<[string, (b: ReturnType<typeof bench>) => void]>([
    ['is paused', b => pause(b.store, 1, 'wait', null, b.clock.now())],
    ['is being stopped', b => b.store.runs.update(b.first as Run, { stopAt: b.clock.now() })],
  ])('end when the task %s', async (_, change) => {
    const b = bench({});
    await b.clock.advance(15 * MINUTE);
    change(b);
    await b.clock.advance(60 * MINUTE);
    expect(b.made).toHaveLength(1);
  });

  it('go on after one that failed, and hurry nothing', async () => {
    const fail = async () => {
      throw new OrchError('E_CHECKPOINT', 'the disk is full');
    };
    const { clock, made } = bench({ make: fail });
    await clock.advance(31 * MINUTE);
    expect(made).toHaveLength(3);
  });

  it('are two at a time, and one of each agent', async () => {
    let [now, most] = [0, 0];
    const waiting: (() => void)[] = [];
    const make = () =>
      new Promise<void>(resolve => {
        now += 1;
        most = Math.max(most, now);
        waiting.push(() => {
          now -= 1;
          resolve();
        });
      });
    const { clock, made, begin } = bench({ make });
    for (let n = 0; n < 4; n++) begin();
    await clock.advance(25 * MINUTE);
    expect(made).toHaveLength(2);
    while (waiting.length > 0) {
      waiting.shift()?.();
      await settled();
    }
    expect(most).toBe(2);
    expect(new Set(made).size).toBe(5);
    expect(made).toHaveLength(5);
  });

  it('are none where the settings say so', async () => {
    const { clock, made } = bench({ everyMinutes: 0 });
    await clock.advance(600 * MINUTE);
    expect(made).toEqual([]);
  });
});
