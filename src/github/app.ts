import type { Probot } from 'probot';
import { parseComment } from '../command/comment.ts';
import { parseLabels } from '../command/labels.ts';
import { cancel, retry } from '../queue/change.ts';
import { describeError, OrchError } from '../shared/errors.ts';
import { parseTaskName, taskName } from '../task/glossary.ts';
import { isFinal } from '../task/states.ts';
import { admit } from './admit.ts';
import { type AskOptions, isAllowed, type Origin, obey, run } from './ask.ts';
import { checkRun, issueAssigned, issueComment, issueLabel, type Place, pullRequest } from './payloads.ts';
import { recordPull } from './pulls.ts';

type Handler = (options: AskOptions, payload: unknown, delivery: string) => Promise<void>;

const HANDLERS: Record<string, Handler> = {
  'issue_comment.created': commented,
  'issues.labeled': labelled,
  'issues.unlabeled': unlabelled,
  'issues.assigned': assigned,
  'check_run.requested_action': pressed,
  'check_run.rerequested': pressed,
  'pull_request.opened': pullChanged,
  'pull_request.reopened': pullChanged,
  'pull_request.closed': pullChanged,
};

/** The webhook events that the App handles; app.yml subscribes to exactly these. */
export const EVENTS: ReadonlySet<string> = new Set(
  Object.keys(HANDLERS).map(name => name.split('.')[0] as string),
);

/** Each command may make a comment, and GitHub takes 80 a minute from an installation. */
const MOST_COMMANDS = 10;

/** The Probot app: what is done with each delivery. Handling the same one again changes nothing more. */
export function createApp(options: AskOptions): (probot: Probot) => void {
  return probot => {
    for (const [name, handle] of Object.entries(HANDLERS)) {
      probot.on(name as 'issues.labeled', ({ id, payload }) => handle(options, payload, id));
    }
  };
}

async function commented(options: AskOptions, raw: unknown, delivery: string): Promise<void> {
  const payload = issueComment.parse(raw);
  const commands = parseComment(payload.comment.body);
  if (commands.length === 0) return;
  const comment = payload.comment.id;
  const admission = await admit(options, payload);
  if (admission.kind === 'ignored') return;
  if (admission.kind === 'refused') {
    await options.replies.react(payload, comment, 'confused');
    // Once for a person and an issue: refusing must not become a way to make Orch write.
    return await options.replies.reply(
      payload,
      `refused:${payload.issue.number}:${payload.sender.id}`,
      admission.text,
    );
  }
  if (commands.length > MOST_COMMANDS) {
    const text = `There are ${commands.length} commands in this comment, and ${MOST_COMMANDS} are taken at most; nothing was queued.`;
    return await options.replies.reply(payload, `comment:${comment}`, text);
  }
  for (const [index, command] of commands.entries()) {
    const origin = { key: `comment:${comment}:${index}`, comment, delivery };
    if (command.kind === 'reply') await options.replies.reply(payload, origin.key, command.text);
    else await obey(options, payload, command, admission.repository, origin);
  }
}

async function labelled(options: AskOptions, raw: unknown, delivery: string): Promise<void> {
  const payload = issueLabel.parse(raw);
  const added = payload.label?.name;
  // Which label starts a task is the repository's to say, but it takes a call to know: most labels stop here.
  if (added === undefined || !isAllowed(options.settings, payload.repository.full_name)) return;
  const admission = await admit(options, payload);
  if (admission.kind !== 'admitted') return;
  const names = payload.issue.labels.map(label => label.name);
  const wanted = parseLabels(added, names, admission.repository.labels.trigger);
  if (!wanted) return;
  const origin = { key: `label:${payload.issue.number}:${delivery}`, comment: null, delivery };
  await byIssue(
    options,
    payload,
    () => run(options, payload, payload.issue.title, wanted, admission.repository, origin),
    origin,
  );
}

/** Assigning the App asks like the label does. */
async function assigned(options: AskOptions, raw: unknown, delivery: string): Promise<void> {
  const payload = issueAssigned.parse(raw);
  if (payload.assignee?.type !== 'Bot' || !isAllowed(options.settings, payload.repository.full_name)) return;
  const self = await options.github.identity(payload.installation.id);
  if (payload.assignee.login !== self.login) return;
  const admission = await admit(options, payload);
  if (admission.kind !== 'admitted') return;
  const origin = { key: `assigned:${payload.issue.number}:${delivery}`, comment: null, delivery };
  await byIssue(
    options,
    payload,
    () => run(options, payload, payload.issue.title, {}, admission.repository, origin),
    origin,
  );
}

async function byIssue(
  options: AskOptions,
  place: Place,
  work: () => Promise<void>,
  from: Origin,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof OrchError)) throw error;
    await options.replies.reply(place, from.key, describeError(error));
  }
}

/** Taking the label off cancels what the label started. */
async function unlabelled(options: AskOptions, raw: unknown): Promise<void> {
  const payload = issueLabel.parse(raw);
  const removed = payload.label?.name;
  if (removed === undefined || !isAllowed(options.settings, payload.repository.full_name)) return;
  const started = options.store.tasks
    .byIssue(payload.repository.id, payload.issue.number)
    .filter(task => task.source.startsWith('label:') && !isFinal(task.state));
  if (started.length === 0) return;
  const admission = await admit(options, payload);
  if (admission.kind !== 'admitted' || !parseLabels(removed, [removed], admission.repository.labels.trigger))
    return;
  for (const task of started) {
    cancel(options.store, task.id, `${payload.sender.login} took the label off`, options.clock.now());
  }
}

/** The buttons Cancel and Retry on a check run, and GitHub's own Re-run. */
async function pressed(options: AskOptions, raw: unknown): Promise<void> {
  const payload = checkRun.parse(raw);
  const id = parseTaskName(payload.check_run.external_id ?? '');
  const task = id === null ? null : options.store.tasks.get(id);
  if (!task || task.repositoryId !== payload.repository.id) return;
  const admission = await admit(options, payload);
  if (admission.kind !== 'admitted') return;
  const { login } = payload.sender;
  try {
    if (payload.requested_action?.identifier === 'cancel') {
      cancel(options.store, task.id, `cancelled by ${login}`, options.clock.now());
    } else retry(options.store, task.id, `retried by ${login}`, options.clock.now());
  } catch (error) {
    // The button is older than the state; the check run shows the state.
    if (!(error instanceof OrchError)) throw error;
    options.log.info({ task: taskName(task.id), why: error.message }, 'button without effect');
  }
}

async function pullChanged(options: AskOptions, raw: unknown): Promise<void> {
  const { pull_request: pull, repository } = pullRequest.parse(raw);
  if (pull.head.repo?.id !== repository.id) return;
  const task = options.store.tasks.byBranch(repository.id, pull.head.ref);
  if (!task) return;
  const state = pull.merged ? 'merged' : pull.state;
  const seen = { number: pull.number, url: pull.html_url, state, draft: pull.draft === true } as const;
  recordPull(options.store, task, seen, options.clock.now());
}
