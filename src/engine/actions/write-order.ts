import { isVouched, type Remark } from '../../agent/prompt.ts';
import { shorten } from '../../shared/text.ts';
import type { Store } from '../../store/open.ts';
import type { Run, Task } from '../../task/glossary.ts';
import type { Order } from './order.ts';

const MOST_TRIES = 5;
const MOST_NOTES = 20;

/** What the rows say of a run that is about to be dispatched. */
export function orderOf(
  store: Store,
  task: Task,
  run: Run,
  how: { model: string | null; timeoutSeconds: number },
): Omit<Order, 'version'> {
  const earlier = store.runs
    .ofTask(task.id)
    .filter(({ number, spawnedAt }) => number < run.number && spawnedAt !== null);
  const notes = store.journal
    .ofTask(task.id)
    .flatMap(event => (event.type === 'run:progress' ? [event.data.text] : []));
  const spent = store.usage.spent(task);
  const left = (budget: number | null, used: number | null) =>
    budget === null ? null : Math.max(0, budget - (used ?? 0));
  return {
    task: {
      id: task.id,
      repository: task.repository,
      repositoryId: task.repositoryId,
      issue: task.issue,
      onPullRequest: task.onPullRequest,
      headSha: task.headSha,
      requester: task.requester,
      requesterId: task.requesterId,
      instruction: task.instruction,
      vouched: isVouched(task),
      issueTitle: task.issueTitle,
      issueBody: task.issueBody,
      conversation: JSON.parse(task.conversation) as Remark[],
      contextFiles: [...task.contextFiles],
      base: task.base,
      settings: JSON.parse(task.settings),
      correlation: task.correlation,
      branch: task.branch as string,
      target: task.target as string,
      baseSha: task.baseSha as string,
      head: task.head,
      pull: task.pull,
      pullUrl: task.pullUrl,
      continues: task.continues !== null,
    },
    run: {
      number: run.number,
      agent: run.profile,
      slot: run.slot,
      ...how,
      budgetUsd: left(task.budgetUsd, spent.usd),
      budgetTokens: left(task.budgetTokens, spent.tokens),
    },
    // What was said after the run was claimed is for the next one.
    said: store.inputs
      .ofTask(task.id)
      .filter(({ run: given }) => given !== null)
      .map(({ author, text }) => ({ author, text })),
    earlier: earlier.slice(-MOST_TRIES).map(each => ({
      number: each.number,
      agent: each.profile,
      slot: each.slot,
      outcome: each.outcome ?? 'crashed',
      reason: each.reason && shorten(each.reason, 500),
      lastWords: each.lastWords && shorten(each.lastWords, 2000),
      rescued: store.dispatches.get(each)?.known?.rescued ?? null,
    })),
    notes: notes.slice(-MOST_NOTES),
  };
}
