import { describe, expect, it } from 'vitest';
import { cancel, pause, resume, retry } from '../../src/queue/change.ts';
import { say } from '../../src/queue/say.ts';
import { OrchError } from '../../src/shared/errors.ts';
import { settled } from '../support/clock.ts';
import { aProfile } from '../support/tasks.ts';
import { bench, openPull, type SchedulerBench, sayDone } from './bench.ts';

const MINUTE = 60_000;
const TWO = {
  profiles: [aProfile('claude', 9), aProfile('codex', 9)],
};

function limit(b: SchedulerBench, run: string, until: number | null = null): void {
  b.world.session(run).told = { heard: true, limit: { kind: 'usage', reason: 'limit reached', until } };
  b.scheduler.wake(Number(/\d+/.exec(run)));
}

function tell(b: SchedulerBench, text: string): void {
  say(b.store, 1, { text, author: 'ann', source: text }, b.clock.now());
}

/** Its CLI has told of a conversation in which something was done. */
function converse(b: SchedulerBench, run: string): void {
  const [task = 0, number = 0] = run.slice(1).split('.').map(Number);
  b.world.session(run).told = { heard: true };
  b.store.runs.update(b.run(number, task), { session: 's-1' });
}

describe('pausing', () => {
  it('stops the agent, and resuming goes on in its workspace and conversation', async () => {
    await using b = bench();
    await b.ask();
    converse(b, 'T1.1');
    pause(b.store, 1, 'lunch', null, b.clock.now());
    await settled();
    expect(b.world.calls).toContain('interrupt T1.1');
    expect(b.run()).toMatchObject({ outcome: 'paused', exitCode: 130 });
    expect(b.task()).toMatchObject({ state: 'paused', tries: 0 });
    await b.clock.advance(1000 * MINUTE);
    expect(b.task().state).toBe('paused');
    resume(b.store, 1, b.clock.now());
    await settled();
    expect(b.task()).toMatchObject({ state: 'running', runs: 2, resume: null });
    expect(b.run(2)).toMatchObject({ workspace: 'T1.1', session: 's-1' });
  });

  it('and resuming while the agent dies starts the next run only after its end', async () => {
    await using b = bench();
    await b.ask();
    converse(b, 'T1.1');
    b.world.session('T1.1').obeys = null;
    pause(b.store, 1, 'lunch', null, b.clock.now());
    resume(b.store, 1, b.clock.now());
    await settled();
    expect(b.store.runs.liveOf(1)?.number).toBe(1);
    await b.clock.advance(MINUTE);
    expect(b.run()).toMatchObject({ outcome: 'paused' });
    expect(b.run(2)).toMatchObject({ workspace: 'T1.1' });
  });

  it('an agent that had done nothing leaves no conversation to go on with', async () => {
    await using b = bench();
    await b.ask();
    converse(b, 'T1.1');
    b.world.session('T1.1').told = { heard: false };
    pause(b.store, 1, 'lunch', null, b.clock.now());
    await settled();
    resume(b.store, 1, b.clock.now());
    await settled();
    expect(b.run(2)).toMatchObject({ workspace: 'T1.1', session: null });
  });
});

describe('a limit', () => {
  it('stops the agent, pauses the task until the reset, and then it goes on', async () => {
    await using b = bench();
    await b.ask();
    converse(b, 'T1.1');
    const reset = b.clock.now() + 10 * MINUTE;
    limit(b, 'T1.1', reset);
    await settled();
    expect(b.run()).toMatchObject({ outcome: 'rate_limited', reason: 'limit reached' });
    expect(b.task()).toMatchObject({ state: 'paused', wakeAt: reset, tries: 0, reason: 'limit reached' });
    await b.clock.advance(9 * MINUTE);
    expect(b.task().state).toBe('paused');
    await b.clock.advance(2 * MINUTE);
    expect(b.run(2)).toMatchObject({ workspace: 'T1.1', session: 's-1', endedAt: null });
  });

  it('whose end nobody tells is waited for longer each time, an hour at most', async () => {
    await using b = bench();
    await b.ask();
    const waits: number[] = [];
    for (let n = 1; n <= 9; n++) {
      limit(b, `T1.${n}`);
      await settled();
      const wait = (b.task().wakeAt as number) - b.clock.now();
      waits.push(wait / MINUTE);
      await b.clock.advance(wait);
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 64, 64]);
  });

  it('that was told is not shortened by one whose end nobody tells', async () => {
    await using b = bench();
    await b.ask();
    await b.ask();
    const reset = b.clock.now() + 10 * MINUTE;
    limit(b, 'T1.1', reset);
    limit(b, 'T2.1');
    await settled();
    expect(b.store.breakers.opened(b.clock.now())).toMatchObject([{ until: reset }]);
  });

  it('far beyond what a vendor counts by is not believed', async () => {
    await using b = bench();
    await b.ask();
    limit(b, 'T1.1', Number.MAX_SAFE_INTEGER);
    await settled();
    expect(b.task().wakeAt).toBe(b.clock.now() + 8 * 24 * 60 * MINUTE);
  });

  it.each([-1, -365 * 24 * 60])(
    'that has ended %i minutes ago is one whose end nobody tells',
    async minutes => {
      await using b = bench();
      await b.ask();
      limit(b, 'T1.1', b.clock.now() + minutes * MINUTE);
      await settled();
      expect(b.task().wakeAt).toBe(b.clock.now() + MINUTE);
    },
  );

  it('keeps other tasks from the same agent, and gives them to another', async () => {
    await using b = bench({ limits: TWO });
    await b.ask({ agent: 'claude' });
    limit(b, 'T1.1', b.clock.now() + 10 * MINUTE);
    await settled();
    await b.ask();
    await b.ask({ agent: 'claude' });
    expect(b.run(1, 2).profile).toBe('codex');
    expect(b.task(3).state).toBe('queued');
    await b.clock.advance(10 * MINUTE);
    expect(b.task(3).state).toBe('running');
  });

  it('hands the task to another agent at once, in a fresh workspace, where that is wanted', async () => {
    await using b = bench({ limits: TWO, policy: { onLimit: 'switch' } });
    await b.ask({ agent: 'claude' });
    converse(b, 'T1.1');
    limit(b, 'T1.1');
    await settled();
    expect(b.task()).toMatchObject({ state: 'running', tries: 0 });
    expect(b.run(2)).toMatchObject({ profile: 'codex', workspace: 'T1.2', session: null });
  });

  it('is left to a person where that is wanted, who may know that it is over', async () => {
    await using b = bench({ policy: { onLimit: 'ask' } });
    await b.ask();
    limit(b, 'T1.1', b.clock.now() + 10 * MINUTE);
    await b.clock.advance(100 * MINUTE);
    expect(b.task()).toMatchObject({ state: 'paused', wakeAt: null });
    resume(b.store, 1, b.clock.now());
    await settled();
    expect(b.task().state).toBe('running');
  });
});

describe('who says that a limit is over', () => {
  async function withLimit() {
    const b = bench({ limits: { profiles: [{ name: 'claude', maxInstances: 2, capabilities: [] }] } });
    await b.ask();
    await b.ask();
    return b;
  }

  it('is no one who resumes a task that waits for something else', async () => {
    await using b = await withLimit();
    b.store.tasks.update(1, b.task().epoch, { question: 'Which one?' });
    b.world.end('T1.1', 0);
    b.scheduler.wake(1);
    limit(b, 'T2.1', b.clock.now() + 10 * MINUTE);
    await settled();
    tell(b, 'the first');
    await settled();
    expect([b.task(1), b.task(2)]).toMatchObject([{ state: 'queued' }, { state: 'paused' }]);
    await b.clock.advance(10 * MINUTE);
    expect([b.task(1), b.task(2)]).toMatchObject([{ state: 'running' }, { state: 'running' }]);
  });

  it('is who retries a task that was cancelled at its limit', async () => {
    await using b = await withLimit();
    limit(b, 'T2.1', b.clock.now() + 7 * 24 * 60 * MINUTE);
    await settled();
    cancel(b.store, 2, 'no', b.clock.now());
    await settled();
    retry(b.store, 2, 'the limit is lifted', b.clock.now());
    await settled();
    expect(b.task(2).state).toBe('running');
  });
});

describe('a crash', () => {
  it('in a conversation is gone on from, and where nothing came of that, begun anew', async () => {
    await using b = bench();
    await b.ask();
    converse(b, 'T1.1');
    b.world.end('T1.1', 1);
    b.scheduler.wake(1);
    await b.clock.advance(MINUTE);
    expect(b.run(2)).toMatchObject({ workspace: 'T1.1', session: 's-1' });
    b.world.session('T1.2').told = { heard: false };
    b.world.end('T1.2', 1);
    b.scheduler.wake(1);
    await b.clock.advance(2 * MINUTE);
    expect(b.run(3)).toMatchObject({ workspace: 'T1.3', session: null });
    expect(b.task().tries).toBe(2);
  });

  it('takes the question along that its agent had asked', async () => {
    await using b = bench();
    await b.ask();
    converse(b, 'T1.1');
    b.store.tasks.update(1, b.task().epoch, { question: 'Which one?' });
    b.world.end('T1.1', 1);
    b.scheduler.wake(1);
    await b.clock.advance(MINUTE);
    expect(b.task()).toMatchObject({ state: 'running', runs: 2, question: null });
  });

  it('is gone on from though the host lacked something meanwhile', async () => {
    await using b = bench();
    await b.ask();
    converse(b, 'T1.1');
    b.world.before = call => {
      if (call === 'launch') throw new OrchError('E_SANDBOX_UNAVAILABLE', 'bwrap is not there');
    };
    b.world.end('T1.1', 1);
    b.scheduler.wake(1);
    await b.clock.advance(MINUTE);
    expect(b.run(2)).toMatchObject({ outcome: 'failed', workspace: 'T1.1' });
    b.world.before = () => {};
    await b.clock.advance(MINUTE);
    expect(b.run(3)).toMatchObject({ workspace: 'T1.1', session: 's-1', endedAt: null });
  });

  it('of the host is gone on from when Orch is back', async () => {
    await using b = bench();
    await b.ask();
    converse(b, 'T1.1');
    b.kill();
    b.world.end('T1.1', null);
    await b.crash();
    await b.clock.advance(MINUTE);
    expect(b.run()).toMatchObject({ outcome: 'crashed' });
    expect(b.run(2)).toMatchObject({ workspace: 'T1.1', session: 's-1', endedAt: null });
  });
});

describe('what people say', () => {
  it('is given to the run that begins, and what comes later to one that goes on when it has ended', async () => {
    await using b = bench();
    b.world.before = call => {
      if (call === 'prepare' && b.store.inputs.ofTask(1).length === 0) tell(b, 'while it starts');
    };
    await b.ask();
    converse(b, 'T1.1');
    tell(b, 'while it works');
    expect(b.store.inputs.ofTask(1).map(({ run }) => run)).toEqual([null, null]);
    b.world.end('T1.1', 0);
    b.scheduler.wake(1);
    await settled();
    expect(b.run()).toMatchObject({ outcome: 'succeeded' });
    expect(b.task()).toMatchObject({ state: 'running', runs: 2, tries: 0 });
    expect(b.run(2)).toMatchObject({ workspace: 'T1.1', session: 's-1' });
    expect(b.store.inputs.ofTask(1).map(({ run }) => run)).toEqual([2, 2]);
    b.world.end('T1.2', 0);
    b.scheduler.wake(1);
    await settled();
    expect(b.task().state).toBe('failed');
  });

  it('comes before the task is completed', async () => {
    await using b = bench();
    await b.ask();
    openPull(b);
    tell(b, 'one more thing');
    sayDone(b);
    await settled();
    expect(b.task().state).toBe('running');
    b.world.end('T1.1', 0);
    b.scheduler.wake(1);
    await settled();
    expect(b.task()).toMatchObject({ state: 'running', runs: 2 });
  });

  it('answers a question that the agent ended with, and the task goes on', async () => {
    await using b = bench();
    await b.ask();
    converse(b, 'T1.1');
    b.store.tasks.update(1, b.task().epoch, { question: 'Which one?' });
    b.world.end('T1.1', 0);
    b.scheduler.wake(1);
    await settled();
    expect(b.task()).toMatchObject({ state: 'paused', reason: 'the agent asks: Which one?', wakeAt: null });
    tell(b, 'the first');
    await settled();
    expect(b.task()).toMatchObject({ state: 'running', question: null });
    expect(b.run(2)).toMatchObject({ workspace: 'T1.1', session: 's-1' });
  });
});
