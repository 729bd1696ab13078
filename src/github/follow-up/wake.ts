import type { RepositorySettings } from '../../config/repository.ts';
import type { Settings } from '../../config/settings.ts';
import { enqueue } from '../../queue/enqueue.ts';
import { type Amount, shareOf } from '../../shared/amounts.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Log } from '../../shared/log.ts';
import type { FollowUpKind } from '../../store/follow-ups.ts';
import type { Store } from '../../store/open.ts';
import { type Request, type Task, taskName } from '../../task/glossary.ts';
import { isOwnPull } from '../pulls.ts';

export interface WakeOptions {
  store: Store;
  settings: Settings;
  clock: Clock;
  log: Log;
}

/** Why the agent of a pull request is to go on, and what it is told. */
export interface Cause {
  kind: FollowUpKind;
  /** The same cause has the same source, and starts one task however often it is seen: `review:981`, `ci:12:<head>`. */
  source: string;
  /** The first line is what people read of the task; others' words stand in fences. */
  instruction: string;
  /** What is to be settled afterwards, for whoever does that. */
  matter: object;
  /** Title, text and head of the pull request now. */
  pull: { title: string; body: string | null; head: string };
  /** Who answers for it: whoever said something, or null, where nobody did, for whoever asked for the pull request. */
  by: { login: string; id: number } | null;
  /** The repository's settings now. */
  repository: RepositorySettings;
  delivery: string;
}

export type Woken =
  | { kind: 'queued' | 'known'; task: Task }
  /** Nobody asks for it, and what the pull request may cost is spent. */
  | { kind: 'spent' };

/** The task whose pull request this is, where it is Orch's own and open; what goes on in it continues that one. */
export function pullOrigin(store: Store, repositoryId: number, pull: number): Task | null {
  const tasks = store.tasks.byPull(repositoryId, pull);
  return (
    tasks.find(task => task.pullState === 'open' && task.continues === null && isOwnPull(store, task)) ?? null
  );
}

/** What a task has from the one in whose branch and pull request it goes on; `head` is where the branch stands. */
export function continuing(origin: Task, head: string): Partial<Task> {
  const { branch, target, baseSha, pull, pullUrl, pullState } = origin;
  return { continues: origin.id, branch, target, baseSha, head, pull, pullUrl, pullState };
}

/**
 * Queues a task that goes on in the pull request of `origin`: on its branch, and where it can in its session. One that works
 * there now is waited for. Errors: E_QUEUE_FULL.
 */
export function wake({ store, settings, clock, log }: WakeOptions, origin: Task, cause: Cause): Woken {
  const woken = store.transaction((): Woken => {
    const known = store.tasks.bySource(cause.source);
    if (known) return { kind: 'known', task: known };
    const budget = budgetFor(store, origin, cause);
    if (budget === 'spent') return { kind: 'spent' };
    const request = { ...requestOf(origin, cause), ...budget };
    const { kind, task } = enqueue(store, request, clock.now(), settings.taskQueue.maxSize);
    if (kind !== 'queued') return { kind: 'known', task };
    store.tasks.update(task.id, task.epoch, continuing(origin, cause.pull.head));
    store.followUps.add({
      task: task.id,
      origin: origin.id,
      kind: cause.kind,
      matter: JSON.stringify(cause.matter),
    });
    return { kind: 'queued', task: store.tasks.get(task.id) as Task };
  });
  const task = 'task' in woken ? taskName(woken.task.id) : null;
  log.info({ origin: taskName(origin.id), task, cause: cause.kind, kind: woken.kind }, 'follow-up');
  return woken;
}

function requestOf(origin: Task, { source, instruction, pull, by, repository, delivery }: Cause): Request {
  return {
    repository: origin.repository,
    repositoryId: origin.repositoryId,
    installation: origin.installation,
    issue: origin.pull as number,
    onPullRequest: true,
    headSha: pull.head,
    source,
    comment: null,
    requester: by?.login ?? origin.requester,
    requesterId: by?.id ?? origin.requesterId,
    instruction,
    issueTitle: pull.title,
    issueBody: pull.body ?? '',
    conversation: '[]',
    contextFiles: origin.contextFiles,
    agent: origin.agent,
    capabilities: origin.capabilities,
    model: origin.model,
    priority: origin.priority,
    timeoutSeconds: origin.timeoutSeconds,
    budgetUsd: origin.budgetUsd,
    budgetTokens: origin.budgetTokens,
    base: origin.target,
    settings: JSON.stringify(repository),
    correlation: delivery,
  };
}

/** A person who says something grants as much as the pull request had; what wakes by itself gets what is left of that. */
function budgetFor(store: Store, origin: Task, { by }: Cause): BudgetOf | 'spent' {
  const whole = { budgetUsd: origin.budgetUsd, budgetTokens: origin.budgetTokens };
  if (by !== null) return whole;
  const budget: Amount = { usd: origin.budgetUsd, tokens: origin.budgetTokens };
  const spent = [origin.id, ...store.followUps.ofOrigin(origin.id).map(({ task }) => task)]
    .map(id => store.usage.spent({ id, budgetFrom: 0 }))
    .reduce((sum, { usd, tokens }) => ({ usd: plus(sum.usd, usd), tokens: plus(sum.tokens, tokens) }));
  if (shareOf(spent, budget) >= 1) return 'spent';
  return { budgetUsd: minus(budget.usd, spent.usd), budgetTokens: minus(budget.tokens, spent.tokens) };
}

type BudgetOf = Pick<Task, 'budgetUsd' | 'budgetTokens'>;

/** Null is what nobody knows. */
function plus(one: number | null, other: number | null): number | null {
  return one === null && other === null ? null : (one ?? 0) + (other ?? 0);
}

/** Null is a budget without an end. */
function minus(budget: number | null, spent: number | null): number | null {
  return budget === null ? null : budget - (spent ?? 0);
}
