import type { Run, RunOutcome, Task } from '../task/glossary.ts';
import { isFinal } from '../task/states.ts';
import type { Sight } from './stages.ts';

/** The next idempotent step of a task with a live run. */
export type Step =
  | { do: 'start' }
  | { do: 'adopt' }
  | { do: 'wait'; until: number | null }
  | { do: 'interrupt'; why: RunOutcome }
  | { do: 'kill' }
  | { do: 'complete' }
  | { do: 'settle' };

export interface Patience {
  /** How long an agent may take, and how long from being asked to end to being killed (ms). */
  timeout: number;
  grace: number;
  /** People have said something that its agent is to hear yet. */
  isSpokenTo: boolean;
}

/**
 * Given the rows and what is seen of the session, what is next? A restart asks the same question as an ordinary
 * tick, which is all there is to crash recovery.
 */
export function decide(task: Task, run: Run, sight: Sight, now: number, patience: Patience): Step {
  switch (sight.session) {
    case 'unknown':
      // Before the first launch nothing can be lost by trying; the launch itself tells what is wrong with tmux.
      if (run.spawnedAt !== null) return { do: 'wait', until: null };
      return { do: isCurrent(task, run) ? 'start' : 'settle' };
    case 'alive':
      // Part of it is gone: what goes on is not what was started.
      return sight.killedBy === null ? whileAlive(task, run, sight, now, patience) : { do: 'settle' };
    case 'none':
      return { do: run.spawnedAt === null && isCurrent(task, run) ? 'start' : 'settle' };
    case 'ended':
      return { do: 'settle' };
    default:
      return sight.session satisfies never;
  }
}

/** The run still has its task: not cancelled, not replaced, not over. */
export function isCurrent(task: Task, run: Run): boolean {
  return task.epoch === run.epoch && !isFinal(task.state);
}

/** What became of a run that lost its task. */
export function whyStopped(task: Task, run: Run): RunOutcome {
  if (task.state === 'completed') return 'succeeded';
  return task.state === 'paused' || task.resume === run.number ? 'paused' : 'cancelled';
}

function whileAlive(task: Task, run: Run, sight: Sight, now: number, patience: Patience): Step {
  const { grace, timeout, isSpokenTo } = patience;
  if (run.stopAt !== null) return at(run.stopAt + grace, { do: 'kill' }, now);
  if (task.epoch !== run.epoch) return { do: 'interrupt', why: whyStopped(task, run) };
  if (run.spawnedAt === null) return { do: 'adopt' };
  if (run.doneAt !== null) {
    if (task.pull !== null && !isFinal(task.state) && !isSpokenTo) return { do: 'complete' };
    // An agent that says it is done usually ends by itself.
    return at(run.doneAt + grace, { do: 'interrupt', why: 'succeeded' }, now);
  }
  if (sight.limit !== null) return { do: 'interrupt', why: 'rate_limited' };
  // As after `orch done`: nothing more comes of it, and it would keep its slot until the time-out.
  if (sight.turnEndedAt !== null)
    return at(sight.turnEndedAt + grace, { do: 'interrupt', why: 'succeeded' }, now);
  return at(run.spawnedAt + timeout, { do: 'interrupt', why: 'timed_out' }, now);
}

function at(time: number, step: Step, now: number): Step {
  return now >= time ? step : { do: 'wait', until: time };
}
