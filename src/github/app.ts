import { parseLabels } from '../command/labels.ts';
import { recordPull } from '../forge/pulls.ts';
import { cancel, pause, resume } from '../queue/change.ts';
import { OrchError } from '../shared/errors.ts';
import { parseTaskName, type Task, taskName } from '../task/glossary.ts';
import { isFinal } from '../task/states.ts';
import { admit, isAllowed } from './admit.ts';
import { type Origin, startTask } from './ask.ts';
import type { AppContext } from './context.ts';
import { commented, refuse, reviewCommented, reviewed } from './hear.ts';
import {
  type CheckRun,
  checkEnded,
  checkRun,
  type IssueAssigned,
  issueAssigned,
  issueLabel,
  type Place,
  pullRequest,
} from './payloads.ts';
import { ALWAYS_SENT, decided, PLACES } from './places.ts';
import { issueChanged } from './plans.ts';
import { fitsTask } from './pulls.ts';
import { openNotice } from './reach.ts';
import { changeOnce, retryFor } from './steer.ts';
import { branchMoved, OF_ACTIONS, WORKFLOWS } from './workflows.ts';

type Handler = (context: AppContext, payload: unknown, delivery: string) => Promise<void> | void;

const HANDLERS: Record<string, Handler> = {
  'issue_comment.created': commented,
  'pull_request_review.submitted': reviewed,
  'pull_request_review_comment.created': reviewCommented,
  'issues.labeled': labelled,
  'issues.unlabeled': unlabelled,
  'issues.edited': issueChanged,
  'issues.assigned': assigned,
  'issues.unassigned': unassigned,
  'check_run.requested_action': pressed,
  'check_run.rerequested': pressed,
  'check_run.completed': checked,
  'check_suite.completed': checked,
  status: checked,
  'pull_request.opened': pullChanged,
  'pull_request.reopened': pullChanged,
  'pull_request.closed': pullChanged,
  push: branchMoved,
  ...PLACES,
  ...WORKFLOWS,
};

/** Each of GitHub's events that something is done about, as Probot names them: `issues.labeled`. */
export const HANDLED = Object.keys(HANDLERS);

/** The webhook events that the App handles. */
export const EVENTS: ReadonlySet<string> = new Set(HANDLED.map(name => name.split('.')[0] as string));

/** Those of them that app.yml subscribes to: exactly these. */
export const SUBSCRIBED = [...EVENTS].filter(event => !ALWAYS_SENT.has(event) && !OF_ACTIONS.includes(event));

/** What is done about one of them; `delivery` is unique to it. Handling the same one again changes nothing more. */
export type Handle = (name: string, payload: unknown, delivery: string) => Promise<void>;

/** Errors: what GitHub answers; E_… that somebody is to be told of has been told. */
export function openHandlers(context: AppContext): Handle {
  const notice = openNotice(context);
  return async (name, payload, delivery) => {
    await notice(payload);
    await HANDLERS[name]?.(context, payload, delivery);
  };
}

async function labelled(context: AppContext, raw: unknown, delivery: string): Promise<void> {
  const payload = issueLabel.parse(raw);
  const added = payload.label?.name;
  // Which label starts a task is the repository's to say, but it takes a call to know: most labels stop here.
  if (added === undefined || !isAllowed(context.settings, payload.repository.full_name)) return;
  const admission = await admit(context, payload);
  if (admission.kind === 'ignored') return;
  const names = payload.issue.labels.map(label => label.name);
  const wanted = parseLabels(added, names, admission.repository.labels.trigger);
  if (!wanted) return;
  if (admission.kind === 'refused') return await refuse(context, payload, admission.text);
  const at = payload.issue.updated_at;
  const origin = { key: `label:${payload.issue.number}:${delivery}`, words: null, at, delivery };
  await byIssue(
    context,
    payload,
    () => startTask(context, payload, payload.issue.title, wanted, admission.repository, origin),
    origin,
  );
}

/** Assigning the App asks like the label does. */
async function assigned(context: AppContext, raw: unknown, delivery: string): Promise<void> {
  const payload = issueAssigned.parse(raw);
  if (!(await isAssignedToSelf(context, payload))) return;
  const admission = await admit(context, payload);
  if (admission.kind === 'ignored') return;
  if (admission.kind === 'refused') return await refuse(context, payload, admission.text);
  const at = payload.issue.updated_at;
  const origin = { key: `assigned:${payload.issue.number}:${delivery}`, words: null, at, delivery };
  await byIssue(
    context,
    payload,
    () => startTask(context, payload, payload.issue.title, {}, admission.repository, origin),
    origin,
  );
}

async function isAssignedToSelf(
  context: AppContext,
  { assignee, repository, installation }: IssueAssigned,
): Promise<boolean> {
  if (assignee?.type !== 'Bot' || !isAllowed(context.settings, repository.full_name)) return false;
  return assignee.login === (await context.github.identity(installation.id, repository.id)).login;
}

async function byIssue(
  context: AppContext,
  place: Place,
  work: () => Promise<void>,
  from: Origin,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof OrchError)) throw error;
    await context.replies.refuse(place, from.key, error);
  }
}

/** Taking the label off cancels what the label started. */
async function unlabelled(context: AppContext, raw: unknown, delivery: string): Promise<void> {
  const payload = issueLabel.parse(raw);
  const removed = payload.label?.name;
  if (removed === undefined || !isAllowed(context.settings, payload.repository.full_name)) return;
  if (openTasks(context, payload, 'label:').length === 0) return;
  const admission = await admit(context, payload);
  if (admission.kind !== 'admitted' || !parseLabels(removed, [removed], admission.repository.labels.trigger))
    return;
  withdraw(context, payload, 'label:', `${payload.sender.login} took the label off`, delivery);
}

/** Taking the App off the issue cancels what assigning it started. */
async function unassigned(context: AppContext, raw: unknown, delivery: string): Promise<void> {
  const payload = issueAssigned.parse(raw);
  if (!(await isAssignedToSelf(context, payload))) return;
  if (openTasks(context, payload, 'assigned:').length === 0) return;
  const admission = await admit(context, payload);
  if (admission.kind !== 'admitted') return;
  withdraw(context, payload, 'assigned:', `${payload.sender.login} took the assignment back`, delivery);
}

function withdraw(context: AppContext, place: Place, source: string, reason: string, delivery: string): void {
  changeOnce(context, place, `withdrawn:${delivery}`, () => {
    for (const task of openTasks(context, place, source))
      cancel(context.store, task.id, reason, context.clock.now());
  });
}

function openTasks({ store }: AppContext, { repository, issue }: Place, source: string): Task[] {
  const tasks = store.tasks.byIssue(repository.id, issue.number);
  return tasks.filter(task => task.source.startsWith(source) && !isFinal(task.state));
}

/** The buttons on a check run, and GitHub's own Re-run, which names none. */
async function pressed(context: AppContext, raw: unknown, delivery: string): Promise<void> {
  const payload = checkRun.parse(raw);
  const id = parseTaskName(payload.check_run.external_id ?? '');
  const task = id === null ? null : context.store.tasks.get(id);
  if (!task || task.repositoryId !== payload.repository.id) return;
  const admission = await admit(context, payload);
  if (admission.kind !== 'admitted') return;
  try {
    changeOnce(context, payload, `button:${delivery}`, () => press(context, payload, task.id));
  } catch (error) {
    // The button is older than the state; the check run shows the state.
    if (!(error instanceof OrchError)) throw error;
    context.log.info({ task: taskName(task.id), why: error.message }, 'button without effect');
  }
}

/** The App's own check runs are told of too, at each report: they are no CI. */
async function checked({ ci, github }: AppContext, raw: unknown): Promise<void> {
  const { repository, installation, check_run, check_suite, sha } = checkEnded.parse(raw);
  const check = check_run ?? check_suite;
  const head = check?.head_sha ?? sha;
  if (!ci || head === undefined) return;
  const { appId } = await github.identity(installation.id, repository.id);
  if (check?.app == null || check.app.id !== appId) ci.changed(repository.id, head);
}

function press(context: AppContext, payload: CheckRun, id: number): void {
  const { store, clock } = context;
  const by = `by ${payload.sender.login}`;
  switch (payload.requested_action?.identifier ?? 'retry') {
    case 'cancel':
      cancel(store, id, `cancelled ${by}`, clock.now());
      break;
    case 'pause':
      pause(store, id, `paused ${by}`, null, clock.now());
      break;
    case 'resume':
      resume(store, id, clock.now());
      break;
    case 'retry':
      retryFor(context, payload, id);
      break;
  }
}

async function pullChanged(context: AppContext, raw: unknown): Promise<void> {
  const { pull_request: pull, repository } = pullRequest.parse(raw);
  if (pull.head.repo?.id !== repository.id) return;
  const state = pull.merged ? 'merged' : pull.state;
  const seen = { number: pull.number, url: pull.html_url, state, draft: pull.draft === true } as const;
  for (const task of context.store.tasks.onBranch(repository.id, pull.head.ref)) {
    if (!fitsTask(task, pull)) continue;
    recordPull(context.store, task, seen, context.clock.now());
    await context.actions?.opened(context.store.tasks.get(task.id) as Task);
    decided(context, task.id);
  }
}
