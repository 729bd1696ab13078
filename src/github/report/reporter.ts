import type { Clock } from '../../shared/clock.ts';
import type { Log } from '../../shared/log.ts';
import type { Store } from '../../store/open.ts';
import { type Task, taskName } from '../../task/glossary.ts';
import { type Github, githubMessage, isRefusal } from '../client.ts';
import { reportChecks } from './checks.ts';
import { decorate } from './decorate.ts';
import { acknowledge, reportComment } from './sticky.ts';

export interface ReporterOptions {
  store: Store;
  github: Github;
  clock: Clock;
  log: Log;
  /** One sentence on how agents are confined, for every check run. */
  sandbox: string;
}

const READER = 'github';

/**
 * Tells GitHub how tasks stand. The journal is the outbox: a task is reported until the cursor has reached its newest
 * event, so an outage delays and a crash repeats, and neither loses or doubles. One report a task at a time.
 */
export function startReporter(options: ReporterOptions) {
  const { store, clock, log } = options;
  const reports = new Map<number, { again: boolean; done: Promise<void> }>();
  const alarms = new Map<number, Disposable>();
  const failures = new Map<number, number>();
  const news = store.journal.onAppend(wake);
  let stopped = false;
  for (const { task } of store.journal.behind(READER)) wake(task);

  function wake(task: number): void {
    const under = reports.get(task);
    if (under) under.again = true;
    if (under || stopped) return;
    const report = { again: false, done: Promise.resolve() };
    reports.set(task, report);
    report.done = Promise.resolve().then(() => run(task, report));
  }

  async function run(task: number, report: { again: boolean }): Promise<void> {
    let later: number | null = null;
    do {
      report.again = false;
      later = await attempt(task);
    } while (report.again && !stopped);
    reports.delete(task);
    alarms.get(task)?.[Symbol.dispose]();
    alarms.delete(task);
    if (later !== null && !stopped)
      alarms.set(
        task,
        clock.after(later - clock.now(), () => wake(task)),
      );
  }

  async function attempt(id: number): Promise<number | null> {
    const seq = store.journal.ofTask(id).at(-1)?.seq ?? 0;
    try {
      const at = await reportTask(options, store.tasks.get(id) as Task);
      failures.delete(id);
      if (at === null) store.journal.moveCursor(READER, id, seq);
      return at;
    } catch (error) {
      const count = (failures.get(id) ?? 0) + 1;
      failures.set(id, count);
      log.warn({ task: taskName(id), why: githubMessage(error) }, 'report failed, will be tried again');
      return clock.now() + Math.min(300_000, 1000 * 2 ** (count - 1));
    }
  }

  return {
    async stop(): Promise<void> {
      stopped = true;
      news[Symbol.dispose]();
      for (const alarm of alarms.values()) alarm[Symbol.dispose]();
      await Promise.all([...reports.values()].map(report => report.done));
    },
  };
}

/** Each part is its own: a locked issue takes no comment, and its check run is written all the same. */
async function reportTask(options: ReporterOptions, task: Task): Promise<number | null> {
  const octokit = await options.github.octokit(task.installation);
  let later: number | null = null;
  for (const part of [acknowledge, reportComment, reportChecks, decorate]) {
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
