import { duration } from '../shared/clock.ts';
import type { Run, RunOutcome, Task } from '../task/glossary.ts';
import type { Sight } from './stages.ts';

export interface Policy {
  maxRetries: number;
  retryDelaySeconds: number;
  retryOnFailure: boolean;
  noPullRequest: 'draft' | 'fail';
  /** The longest that this agent may take, whatever the task allows. */
  timeoutSeconds: number | null;
}

/** How a run ended and what becomes of its task. */
export type Verdict =
  | { outcome: RunOutcome; next: 'completed'; draft: boolean; reason: string | null }
  | { outcome: RunOutcome; next: 'failed' | 'escalated'; reason: string }
  | { outcome: RunOutcome; next: 'queued'; tries: number; delaySeconds: number; reason: string };

/**
 * The supervisor says how a run ended. Process death and GitHub's truth come first; what the exit code claims is
 * only believed where they leave it open.
 */
export function judge(task: Task, run: Run, sight: Sight, policy: Policy): Verdict {
  const outcome = run.stopReason ?? 'crashed';
  if (outcome === 'timed_out' && task.pull === null) {
    return again(task, outcome, `no result after ${duration(timeoutMs(task, policy))}`, policy);
  }
  if (task.pull !== null)
    return { outcome: 'succeeded', next: 'completed', draft: false, reason: sight.killedBy };
  if (sight.killedBy !== null && run.doneAt === null) return failed(sight.killedBy);
  if (sight.setupFailed !== null) return failed(`the setup command \`${sight.setupFailed}\` failed`);
  if (run.doneAt === null && task.head === null && (sight.exitCode === 126 || sight.exitCode === 127)) {
    return failed(
      `the command of the agent \`${run.profile}\` can't be run (exit code ${sight.exitCode}). ` +
        `Install it on the host or mend \`agents.${run.profile}.command\` in orch.yaml, then retry`,
    );
  }
  const ended = run.doneAt !== null || sight.exitCode === 0;
  if (!ended) return again(task, 'crashed', crash(sight), policy);
  if (task.head === null) return failed('the agent ended without a commit');
  if (policy.noPullRequest === 'draft') {
    const reason = 'the agent left commits without a pull request, so Orch opened a draft';
    return { outcome: 'succeeded', next: 'completed', draft: true, reason };
  }
  return failed(`the agent left commits on \`${task.branch}\` without a pull request`);
}

/** What can pass by itself is tried again, later each time; after the last try a person is asked. */
export function again(task: Task, outcome: RunOutcome, reason: string, policy: Policy): Verdict {
  if (!policy.retryOnFailure)
    return { outcome, next: 'escalated', reason: `${reason}; retries are off for this agent` };
  if (task.tries >= policy.maxRetries) {
    const tried = task.tries === 0 ? '' : ` (tried ${task.tries + 1} times)`;
    return { outcome, next: 'escalated', reason: `${reason}${tried}` };
  }
  const delaySeconds = policy.retryDelaySeconds * 2 ** task.tries;
  return { outcome, next: 'queued', tries: task.tries + 1, delaySeconds, reason };
}

function failed(reason: string): Verdict {
  return { outcome: 'failed', next: 'failed', reason };
}

function crash(sight: Sight): string {
  return sight.exitCode === null
    ? 'the agent was killed from outside'
    : `the agent crashed with exit code ${sight.exitCode}`;
}

/** What the task allows, and no more than the agent's own ceiling (ms). */
export function timeoutMs(task: Task, policy: Policy): number {
  return Math.min(task.timeoutSeconds, policy.timeoutSeconds ?? Infinity) * 1000;
}
