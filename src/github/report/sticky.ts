import { proofOf } from '../../proof/due.ts';
import { isWaiting } from '../../store/plans.ts';
import type { Task } from '../../task/glossary.ts';
import { isFinal } from '../../task/states.ts';
import type { Octokit } from '../client.ts';
import { createComment, editComment, findComment, react, thread, type Words } from '../comments.ts';
import { createOnce } from '../once.ts';
import { overlapText, renderComment, type Story, taskMarker } from './comment.ts';
import { budgetWarnings, usedText } from './money.ts';
import type { ReporterOptions } from './reporter.ts';
import { keptText, mergedText } from './talk.ts';

/** Without a change of state the comment is edited at most this often. */
const QUIET_MS = 60_000;

/** 👀 on the comment that asked, else on the issue or pull request. */
export async function acknowledge(options: ReporterOptions, octokit: Octokit, task: Task): Promise<null> {
  const { store, clock } = options;
  if (task.issue === 0) return null;
  const create = () => react(octokit, thread(task.repository, task.issue), wordsOf(task), 'eyes');
  const once = { task: task.id, kind: 'reply', key: 'eyes', now: clock.now(), create } as const;
  await createOnce(store, { ...once, lookUp: async () => null });
  return null;
}

/** The source of a task begins with the kind of its words. */
function wordsOf({ comment: id, source }: Task): Words | null {
  if (id === null) return null;
  return { kind: source.startsWith('review-comment:') ? 'review-comment' : 'comment', id };
}

/** Writes or edits the sticky comment. Returns when an edit that can wait is due (ms), else null. */
export async function reportComment(
  options: ReporterOptions,
  octokit: Octokit,
  task: Task,
): Promise<number | null> {
  const { store, clock } = options;
  if (task.issue === 0) return null;
  const at = thread(task.repository, task.issue);
  const runs = store.runs.ofTask(task.id);
  const plan = store.plans.get(task.id);
  const last = runs.at(-1);
  const story = {
    task,
    runs,
    events: store.journal.ofTask(task.id),
    usage: store.usage.ofTask(task.id),
    said: store.inputs.ofTask(task.id),
    plan,
    proof: proofOf(store, task),
    workflowRun: options.workflowRun,
    job: last ? store.dispatches.workflowRun(last) : null,
  };
  const body = renderComment(story, clock.now());
  const { id, created } = await createOnce(store, {
    task: task.id,
    kind: 'comment',
    key: 'sticky',
    now: clock.now(),
    lookUp: async () =>
      findComment(
        octokit,
        at,
        taskMarker(task),
        await options.github.identity(task.installation, task.repositoryId),
      ),
    create: () => createComment(octokit, at, body),
  });
  const written = readWritten(store.creations.get(task.id, 'comment', 'sticky')?.content);
  const headline = headlineOf(story);
  if (!created && written.body !== body) {
    // After the end of a job there is no later.
    const isLast = options.workflowRun !== undefined && isFinal(task.state);
    const due = written.headline === headline && !isLast ? written.at + QUIET_MS : 0;
    if (clock.now() < due) return due;
    await editComment(octokit, at, id, body);
  }
  if (written.body !== body) {
    const content = JSON.stringify({ headline, at: clock.now(), body });
    store.creations.record(task.id, 'comment', 'sticky', id, content);
  }
  if (plan && isWaiting(task, plan)) store.plans.shown(plan, clock.now());
  return null;
}

/** What is told at once: the state, what needs a person, and the bill when no more is to come. */
function headlineOf({ task, runs, events, usage, plan, proof }: Story): string {
  const bill = isFinal(task.state) || task.state === 'paused' ? usedText(usage) : '';
  const proven = proof === 'due' ? null : proof;
  const shown = [plan?.version, plan?.isStale, proven?.verdict, proven?.head];
  const run = runs.at(-1);
  const left = [mergedText(task, run, events), keptText(run, events)];
  const told = [budgetWarnings(task, events), overlapText(task, events), ...left];
  return [
    task.state,
    task.epoch,
    task.reason,
    task.pull,
    task.question !== null,
    ...told,
    ...shown,
    bill,
  ].join();
}

interface Written {
  headline: string;
  at: number;
  body: string;
}

function readWritten(content: string | null | undefined): Written {
  return content ? (JSON.parse(content) as Written) : { headline: '', at: 0, body: '' };
}
