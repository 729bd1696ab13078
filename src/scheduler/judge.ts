import { duration } from '../shared/clock.ts';
import type { Run, RunOutcome, Task } from '../task/glossary.ts';
import type { TaskState } from '../task/states.ts';
import type { Sight } from './stages.ts';

export interface Policy {
  maxRetries: number;
  retryDelaySeconds: number;
  retryOnFailure: boolean;
  noPullRequest: 'draft' | 'fail';
  /** The longest that this agent may take, whatever the task allows. */
  timeoutSeconds: number | null;
  /** What follows when an agent comes to a limit of its vendor's; `switch` only where there is another agent. */
  onLimit: 'wait' | 'switch' | 'ask';
}

/** What is known beside the rows and the sight. */
export interface Circumstances {
  now: number;
  /** People have said something that the run's agent has not been given. */
  isSpokenTo: boolean;
  /** When the agent may be tried again after a limit (ms). */
  limitEnds: number;
}

/** How a run ended and what becomes of its task. */
export interface Verdict {
  outcome: RunOutcome;
  next: TaskState;
  reason: string | null;
  /** What else is written into the task. */
  patch?: Partial<Task>;
  /** A draft is opened for the commits first. */
  draft?: true;
}

/**
 * The supervisor says how a run ended. Process death and GitHub's truth come first; what the exit code claims is
 * only believed where they leave it open.
 */
export function judge(task: Task, run: Run, sight: Sight, policy: Policy, known: Circumstances): Verdict {
  const goOn = { resume: run.number };
  if (run.keyboard !== null) {
    const reason = `${run.keyboard} has left the keyboard`;
    return { outcome: 'paused', next: 'queued', reason, patch: goOn };
  }
  const outcome = run.stopReason ?? 'crashed';
  const isStopped = outcome === 'timed_out' || outcome === 'rate_limited';
  const hasEnded = run.doneAt !== null || (!isStopped && (sight.end?.ok ?? sight.exitCode === 0));
  // Who goes on with a pull request finds one there.
  const hasResult = task.pull !== null && (task.continues === null || hasEnded);
  if (!hasResult && !hasEnded) {
    if (outcome === 'rate_limited' || sight.limit !== null) return limited(run, sight, policy, known);
    if (sight.end?.permanent) return failed(sight.end.reason ?? 'the agent says that it can not go on');
  }
  if (known.isSpokenTo) {
    const reason = 'people have said something to the agent';
    return { outcome: hasEnded ? 'succeeded' : outcome, next: 'queued', reason, patch: goOn };
  }
  if (hasEnded && task.question !== null)
    return { outcome: 'paused', next: 'paused', reason: `the agent asks: ${task.question}`, patch: goOn };
  if (hasResult) return { outcome: 'succeeded', next: 'completed', reason: sight.killedBy };
  if (outcome === 'timed_out')
    return again(task, outcome, `no result after ${duration(timeoutMs(task, policy))}`, policy, known.now);
  if (sight.killedBy !== null && run.doneAt === null) return failed(sight.killedBy);
  if (sight.setupFailed !== null) return failed(`the setup command \`${sight.setupFailed}\` failed`);
  if (run.doneAt === null && task.head === null && (sight.exitCode === 126 || sight.exitCode === 127)) {
    return failed(
      `the command of the agent \`${run.profile}\` can't be run (exit code ${sight.exitCode}). ` +
        `Install it on the host or mend \`agents.${run.profile}.command\` in orch.yaml, then retry`,
    );
  }
  if (!hasEnded) {
    const verdict = again(task, 'crashed', crash(sight), policy, known.now);
    // A conversation that could not be gone on with is not tried once more.
    return run.session !== null && sight.heard
      ? { ...verdict, patch: { ...verdict.patch, ...goOn } }
      : verdict;
  }
  if (task.head === null) return failed('the agent ended without a commit');
  if (policy.noPullRequest === 'draft') {
    const reason = 'the agent left commits without a pull request, so Orch opened a draft';
    return { outcome: 'succeeded', next: 'completed', reason, draft: true };
  }
  return failed(`the agent left commits on \`${task.branch}\` without a pull request`);
}

/** What can pass by itself is tried again, later each time; after the last try a person is asked. */
export function again(task: Task, outcome: RunOutcome, reason: string, policy: Policy, now: number): Verdict {
  if (!policy.retryOnFailure)
    return { outcome, next: 'escalated', reason: `${reason}; retries are off for this agent` };
  if (task.tries >= policy.maxRetries) {
    const tried = task.tries === 0 ? '' : ` (tried ${task.tries + 1} times)`;
    return { outcome, next: 'escalated', reason: `${reason}${tried}` };
  }
  const readyAt = now + policy.retryDelaySeconds * 2 ** task.tries * 1000;
  return { outcome, next: 'queued', reason, patch: { tries: task.tries + 1, readyAt } };
}

/** The work is kept, and no try is counted: the agent has done nothing wrong. */
function limited(run: Run, { limit }: Sight, { onLimit }: Policy, { limitEnds }: Circumstances): Verdict {
  const outcome = 'rate_limited';
  const reason = limit?.reason ?? 'the agent came to a limit of its model';
  if (onLimit === 'switch') return { outcome, next: 'queued', reason };
  const wakeAt = onLimit === 'ask' ? null : limitEnds;
  return { outcome, next: 'paused', reason, patch: { resume: run.number, wakeAt } };
}

function failed(reason: string): Verdict {
  return { outcome: 'failed', next: 'failed', reason };
}

function crash(sight: Sight): string {
  if (sight.end?.reason) return `the agent failed: ${sight.end.reason}`;
  return sight.exitCode === null
    ? 'the agent was killed from outside'
    : `the agent crashed with exit code ${sight.exitCode}`;
}

/** What the task allows, and no more than the agent's own ceiling (ms). */
export function timeoutMs(task: Task, policy: Policy, slackSeconds = 0): number {
  return (Math.min(task.timeoutSeconds, policy.timeoutSeconds ?? Infinity) + slackSeconds) * 1000;
}
