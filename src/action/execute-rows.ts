import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Paths } from '../config/paths.ts';
import type { Order } from '../engine/actions/order.ts';
import type { Result } from '../engine/actions/result.ts';
import type { Sight } from '../scheduler/stages.ts';
import type { Store } from '../store/open.ts';
import { type Request, type Run, runName, type Task } from '../task/glossary.ts';

/**
 * Between what the App and a job tell each other of a run and the rows of the job's own store: from them the scheduler goes on
 * as it does for any task.
 */

/** Writes the order's task into an empty store, queued for the run that is ordered, with what is known of the runs before it. */
export function insertOrder(store: Store, order: Order, now: number): Task {
  const { id, branch, target, baseSha, head, pull, pullUrl, base, continues } = order.task;
  return store.transaction(() => {
    store.tasks.countFrom(id);
    store.tasks.insert(requestOf(order), now);
    const before = order.run.number - 1;
    for (const run of order.earlier) insertEnded(store, id, run, now);
    const opened = { pull, pullUrl, pullState: pull === null ? null : ('open' as const) };
    // Who starts from one branch and opens onto another is as somebody who goes on in a task's branch.
    const goesOn = continues || (base !== null && base !== target) ? id : null;
    const there = { branch, target, baseSha, head, ...opened, continues: goesOn };
    store.tasks.update(id, 0, { ...there, runs: before });
    // The App knows of each branch that it names: one that is there was made by a run before.
    store.creations.begin(id, 'branch', branch, now);
    if (head !== null) store.creations.record(id, 'branch', branch, id, head);
    for (const [at, { author, text }] of order.said.entries())
      store.inputs.add({ task: id, author, text, source: `order:${at}`, createdAt: now });
    for (const text of order.notes) store.journal.append(now, id, 'run:progress', { run: before, text });
    store.journal.append(now, id, 'task:queued', {});
    return store.tasks.get(id) as Task;
  });
}

function requestOf({ task, run }: Order): Request {
  const name = runName(task.id, run.number);
  return {
    repository: task.repository,
    repositoryId: task.repositoryId,
    installation: 0,
    issue: task.issue,
    onPullRequest: task.onPullRequest,
    headSha: task.headSha,
    source: `${task.vouched ? 'label' : 'order'}:${name}`,
    comment: null,
    requester: task.requester,
    requesterId: task.requesterId,
    instruction: task.instruction,
    issueTitle: task.issueTitle,
    issueBody: task.issueBody,
    conversation: JSON.stringify(task.conversation),
    contextFiles: task.contextFiles,
    agent: run.agent,
    capabilities: [],
    model: run.model,
    priority: 'normal',
    timeoutSeconds: run.timeoutSeconds,
    budgetUsd: run.budgetUsd,
    budgetTokens: run.budgetTokens,
    base: task.base ?? task.target,
    settings: JSON.stringify(task.settings),
    correlation: task.correlation,
  };
}

/** A run that was carried out elsewhere: nothing of it is on this host. */
function insertEnded(store: Store, task: number, ended: Order['earlier'][number], now: number): void {
  const { number, agent: profile, slot, outcome, reason, lastWords } = ended;
  const run = { task, number, epoch: 0, profile, slot, choice: null, workspace: runName(task, number) };
  store.runs.insert({ ...run, session: null, keyboard: null, startedAt: now });
  store.runs.update(run, { spawnedAt: now, outcome, reason, lastWords, endedAt: now, cleanedAt: now });
}

/** The hand-over reads in the log of the run before what its agent said last. */
export function writeLastWords({ task, earlier }: Order, paths: Pick<Paths, 'runLog'>): void {
  const last = earlier.at(-1);
  if (!last?.lastWords) return;
  const file = paths.runLog(runName(task.id, last.number));
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  appendFileSync(file, `${last.lastWords}\n`, { mode: 0o600 });
}

/** What the App is told of a run that has ended; `sight` is how it was seen last, null where it never was. */
export function resultOf(store: Store, run: Run, sight: Sight | null): Omit<Result, 'version'> {
  const task = store.tasks.get(run.task) as Task;
  const events = store.journal.ofTask(run.task);
  const done = events.findLast(event => event.type === 'run:done');
  const kept = events.findLast(event => event.type === 'work:kept');
  const outcome = outcomeOf(run, task, sight);
  return {
    run: runName(run.task, run.number),
    outcome,
    exitCode: run.exitCode,
    reason: outcome === 'succeeded' ? null : (run.reason ?? task.reason),
    permanent: outcome === 'failed',
    setupFailed: sight?.setupFailed ?? null,
    killedBy: sight?.killedBy ?? null,
    limit: sight?.limit ?? null,
    done: run.doneAt !== null,
    summary: done?.data.summary ?? null,
    question: task.question,
    head: task.head,
    pull: task.pull,
    rescued: kept?.data.ref ?? null,
    lastWords: run.lastWords,
    usage: usageOf(store, run),
  };
}

/** What one runner lacks, another may have. */
const OF_RUNNER = /^E_(UNKNOWN_AGENT|MISSING_PROGRAM|AGENT_NOT_READY|SETTINGS|UNSANDBOXED|PATH_TOO_LONG): /;

/** Of a run that could not begin, for which `isPermanent` says whether trying again on this host would help. */
export function endOfNone(
  reason: string | null,
  isPermanent: boolean,
): Pick<Result, 'outcome' | 'permanent'> {
  const permanent = isPermanent && !OF_RUNNER.test(reason ?? '');
  return { outcome: permanent ? 'failed' : 'crashed', permanent };
}

/**
 * An agent that ended well and left no pull request, or no commit, has succeeded as far as a job can say: what becomes of
 * the task is for the App. What was refused, it can't have seen.
 */
function outcomeOf(run: Run, task: Task, sight: Sight | null): Result['outcome'] {
  const outcome = run.outcome ?? 'crashed';
  if (outcome !== 'failed') return outcome;
  if (run.spawnedAt === null || task.state !== 'failed')
    return endOfNone(run.reason, task.state === 'failed').outcome;
  if (sight === null || sight.killedBy !== null || sight.setupFailed !== null) return outcome;
  const isWell = run.doneAt !== null || (sight.end?.ok ?? sight.exitCode === 0);
  const isError = /^E_[A-Z_]+: /.test(run.reason ?? '');
  return isWell && !isError ? 'succeeded' : outcome;
}

function usageOf(store: Store, run: Run): Result['usage'] {
  const usage = store.usage.ofRun(run.task, run.number);
  if (usage === null) return null;
  const { model, inputTokens, cachedTokens, outputTokens, costUsd, costSource } = usage;
  return { model, inputTokens, cachedTokens, outputTokens, costUsd, costSource };
}
