import type { Clock } from '../../shared/clock.ts';
import type { Log } from '../../shared/log.ts';
import { keyedRounds } from '../../shared/rounds.ts';
import type { Store } from '../../store/open.ts';
import { type Task, taskName } from '../../task/glossary.ts';
import { type Github, githubMessage, isRefusal } from '../client.ts';
import { reportChecks } from './checks.ts';
import { decorate } from './decorate.ts';
import { reportPull } from './pull-block.ts';
import { settleReview } from './settle.ts';
import { acknowledge, reportComment } from './sticky.ts';

export interface ReporterOptions {
  store: Store;
  github: Github;
  clock: Clock;
  log: Log;
  /** One sentence on how agents are confined, for every check run. */
  sandbox: string;
  /** The workflow run that does the task, where no server does: check runs have no buttons, since nobody hears of them. */
  workflowRun?: string;
}

const READER = 'github';
/** Events come in swarms when a run starts and when it ends: told a moment later they are one call, not three. */
const SWARM_MS = 250;

/**
 * Tells GitHub how tasks stand. The journal is the outbox: a task is reported until the cursor has reached its newest
 * event, so an outage delays and a crash repeats, and neither loses or doubles. One report a task at a time.
 */
export function startReporter(options: ReporterOptions) {
  const { store, clock, log } = options;
  const reports = keyedRounds({
    clock,
    work: report,
    failed: (task: number, error) =>
      log.warn({ task: taskName(task), why: githubMessage(error) }, 'report failed, will be tried again'),
    longestMs: 300_000,
  });
  const soon = new Map<number, Disposable>();
  const news = store.journal.onAppend(swarm);
  for (const { task } of store.journal.behind(READER)) reports.wake(task);

  function swarm(task: number): void {
    if (soon.has(task)) return;
    const wake = () => {
      soon.delete(task);
      reports.wake(task);
    };
    soon.set(task, clock.after(SWARM_MS, wake));
  }

  async function report(id: number): Promise<number | null> {
    const seq = store.journal.ofTask(id).at(-1)?.seq ?? 0;
    const at = await reportTask(options, store.tasks.get(id) as Task);
    if (at === null) store.journal.moveCursor(READER, id, seq);
    return at;
  }

  return {
    async stop(): Promise<void> {
      news[Symbol.dispose]();
      for (const alarm of soon.values()) alarm[Symbol.dispose]();
      await reports.stop();
    },
  };
}

/** Each part is its own: a locked issue takes no comment, and its check run is written all the same. */
async function reportTask(options: ReporterOptions, task: Task): Promise<number | null> {
  const octokit = await options.github.octokit(task.installation, task.repositoryId);
  let later: number | null = null;
  for (const part of [acknowledge, reportComment, reportChecks, decorate, reportPull, settleReview]) {
    try {
      later = (await part(options, octokit, task)) ?? later;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      options.log.warn(
        { task: taskName(task.id), part: part.name, why: githubMessage(error) },
        'GitHub refused a report',
      );
    }
  }
  return later;
}
