import type { RepositorySettings } from '../config/repository.ts';
import type { Clock } from '../shared/clock.ts';
import { OrchError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import { keyedRounds } from '../shared/rounds.ts';
import type { Store } from '../store/open.ts';
import { isWaiting, type Plan } from '../store/plans.ts';
import { type Task, taskName } from '../task/glossary.ts';
import { mayCommand, type Person } from './access.ts';
import { type Github, githubMessage, hasStatus, type Octokit } from './client.ts';
import { ownerAndName } from './comments.ts';
import type { AppContext } from './context.ts';

export interface PlanReactionsOptions {
  store: Store;
  github: Github;
  clock: Clock;
  log: Log;
  plans: AppContext['plans'];
  /** Who may command where the task was asked for. */
  permissions(task: Task): RepositorySettings['permissions'];
}

/** A plan is looked at after a thirtieth of the time that it has waited (ms). */
const SHORTEST_MS = 10_000;
const LONGEST_MS = 15 * 60_000;
const PATIENCE = 1 / 30;

/** Each asks GitHub what they may do; others can still write `/orch approve`. */
const MOST_PEOPLE = 20;

/**
 * Looks whether somebody who may command has given a 👍 to the comment where a plan waits: GitHub sends no webhook for
 * reactions. It reads the issue by the way, for edits whose webhook got lost.
 */
export function startPlanReactions(options: PlanReactionsOptions) {
  const { store, clock, log, plans } = options;
  const rounds = keyedRounds({
    clock,
    work: look,
    failed: (id: number, error) =>
      log.warn({ task: taskName(id), why: githubMessage(error) }, 'could not look who approves the plan'),
    longestMs: 300_000,
    atOnce: 2,
  });
  const news = store.journal.onAppend(id => {
    if (!rounds.isFailing(id) && store.plans.get(id) !== null) rounds.wake(id);
  });
  for (const id of store.plans.open()) rounds.wake(id);
  /** Who may not, of those who have reacted to the version of a task. */
  const refused = new Map<number, Set<string>>();

  async function look(id: number): Promise<number | null> {
    const waiting = waitingPlan(id);
    if (waiting === null) {
      refused.delete(id);
      return null;
    }
    const { task, plan } = waiting;
    const octokit = await options.github.octokit(task.installation, task.repositoryId);
    const route = 'GET /repos/{owner}/{repo}/issues/{issue_number}';
    const { data } = await octokit.request(route, {
      ...ownerAndName(task.repository),
      issue_number: task.issue,
    });
    plans.compare(id, { title: data.title, body: data.body ?? null });
    const canBe = plan.shownAt !== null && !store.plans.get(id)?.isStale;
    const by = canBe ? await approver(octokit, task, plan) : null;
    // Meanwhile people may have asked for another version.
    const isSame = waitingPlan(id)?.plan.version === plan.version;
    if (by !== null && isSame) approve(id, by);
    const waited = clock.now() - (plan.madeAt as number);
    return clock.now() + Math.min(LONGEST_MS, Math.max(SHORTEST_MS, waited * PATIENCE));
  }

  function waitingPlan(id: number): { task: Task; plan: Plan } | null {
    const [task, plan] = [store.tasks.get(id), store.plans.get(id)];
    return task && plan && task.issue !== 0 && isWaiting(task, plan) ? { task, plan } : null;
  }

  function approve(id: number, by: string): void {
    try {
      plans.approve(id, { by, budget: null });
    } catch (error) {
      // The comment says why it can't be approved.
      if (!(error instanceof OrchError)) throw error;
    }
  }

  async function approver(octokit: Octokit, task: Task, plan: Plan): Promise<string | null> {
    const comment_id = store.creations.get(task.id, 'comment', 'sticky')?.remoteId;
    if (comment_id == null) return null;
    const permissions = options.permissions(task);
    const people = await reacted(octokit, task.repository, comment_id, plan.shownAt as number);
    const known = refused.get(task.id) ?? new Set<string>();
    refused.set(task.id, known);
    const keyOf = ({ id }: Person) => `${plan.version}:${id}`;
    for (const person of people.filter(each => !known.has(keyOf(each))).slice(0, MOST_PEOPLE)) {
      if (await mayCommand(octokit, task.repository, person, permissions)) return person.login;
      known.add(keyOf(person));
    }
    return null;
  }

  return {
    async stop(): Promise<void> {
      news[Symbol.dispose]();
      await rounds.stop();
    },
  };
}

/** People who gave a 👍 since the plan has stood there: what was given to another version is for that one. GitHub tells seconds. */
async function reacted(
  octokit: Octokit,
  repository: string,
  comment_id: number,
  since: number,
): Promise<Person[]> {
  const route = 'GET /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions';
  const query = { ...ownerAndName(repository), comment_id, content: '+1', per_page: 100 } as const;
  const people: Person[] = [];
  try {
    for await (const { data } of octokit.paginate.iterator(route, query))
      for (const { user, created_at } of data)
        if (user?.type === 'User' && Date.parse(created_at) >= Math.floor(since / 1000) * 1000)
          people.push({ id: user.id, login: user.login });
  } catch (error) {
    // Somebody has deleted the comment.
    if (!hasStatus(error, 404, 410)) throw error;
  }
  return people;
}
