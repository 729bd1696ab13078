import type { RepositorySettings } from '../config/repository.ts';
import { say } from '../queue/say.ts';
import type { Amount } from '../shared/amounts.ts';
import { OrchError } from '../shared/errors.ts';
import { stripInvisible } from '../shared/invisible.ts';
import type { Store } from '../store/open.ts';
import { isWaiting } from '../store/plans.ts';
import type { Task } from '../task/glossary.ts';
import { mayCommand } from './access.ts';
import { admit } from './admit.ts';
import { isRefusal } from './client.ts';
import type { AppContext } from './context.ts';
import { type CommentMade, type Door, issueEdited, type Place } from './payloads.ts';
import { changeOnce, pick, tasksHere } from './steer.ts';

/** Approves the plan of the task that was named, else of the newest one here that waits. Errors: E_UNKNOWN_TASK, E_PLAN. */
export function approvePlan(
  context: AppContext,
  place: Place,
  { task, budget }: { task: number | null; budget: Amount | null },
  key: string,
): void {
  const { store, plans } = context;
  const { id, issue } = pick(tasksHere(store, place, task), each => waits(store, each));
  // Who approves has the issue before them as it is now.
  if (issue === place.issue.number) plans.compare(id, textOf(place.issue));
  changeOnce(context, place, key, () => plans.approve(id, { by: place.sender.login, budget }));
}

/** A comment without a command, by a person who may command, where a plan waits: it says what is to be changed in it. */
export async function commentOnPlan(context: AppContext, payload: CommentMade): Promise<void> {
  const { store, clock, replies } = context;
  const { repository, issue, comment, sender } = payload;
  const text = stripInvisible(comment.body).trim();
  if (issue.pull_request || sender.type === 'Bot' || text === '') return;
  const waiting = () => store.tasks.byIssue(repository.id, issue.number).find(task => waits(store, task));
  if (!waiting()) return;
  if ((await admit(context, payload)).kind !== 'admitted') return;
  const key = `comment:${comment.id}:plan`;
  try {
    changeOnce(context, payload, key, () => {
      const task = waiting();
      if (task) say(store, task.id, { text, author: sender.login, source: key }, clock.now());
    });
  } catch (error) {
    if (!(error instanceof OrchError)) throw error;
    return await replies.refuse(payload, key, error);
  }
  await replies.react(payload, { kind: 'comment', id: comment.id }, 'eyes');
}

/** A plan is for the text that its issue had. */
export function issueChanged({ store, plans }: AppContext, raw: unknown): void {
  const { repository, issue } = issueEdited.parse(raw);
  for (const task of store.tasks.byIssue(repository.id, issue.number)) plans.compare(task.id, textOf(issue));
}

/** Whether what is asked for at a place is to be planned first, though nobody says so. */
export async function isPlannedFirst(
  { github }: AppContext,
  door: Door,
  { plan, permissions }: RepositorySettings,
): Promise<boolean> {
  const { issue, repository, installation } = door;
  if (plan === 'never' || !issue || issue.pull_request) return false;
  if (plan === 'always') return true;
  const author = issue.user;
  if (!author || author.type === 'Bot') return true;
  if (author.id === door.sender.id) return false;
  const octokit = await github.octokit(installation.id, repository.id);
  return !(await mayCommand(octokit, repository.full_name, author, permissions).catch(error => {
    if (!isRefusal(error)) throw error;
    return false;
  }));
}

function waits(store: Store, task: Task): boolean {
  const plan = store.plans.get(task.id);
  return plan !== null && isWaiting(task, plan);
}

function textOf({ title, body }: Pick<Place['issue'], 'title' | 'body'>) {
  return { title, body: body ?? null };
}
