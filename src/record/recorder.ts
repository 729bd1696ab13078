import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Clock, isoTime } from '../shared/clock.ts';
import type { Log } from '../shared/log.ts';
import { keyedRounds } from '../shared/rounds.ts';
import { stripControl } from '../shared/text.ts';
import type { Store } from '../store/open.ts';
import type { JournalEvent } from '../task/events.ts';
import { type Run, runName, type Task, taskName } from '../task/glossary.ts';
import { showUsage } from './views.ts';
import { describeEvent } from './words.ts';

export interface RecorderOptions {
  store: Store;
  clock: Clock;
  log: Log;
  /** Takes secrets out of what is written. */
  redact(text: string): string;
  /** Shows a line in the run's window `monitor`, as long as there is one. */
  monitor(run: string, line: string): void;
  resultFile(run: string): string;
  /** What a run has taken of the host. */
  usage(run: string): { memoryMb: number | null; cpuSeconds: number | null };
  /** Names of the files that the run changed, as far as they were pushed. */
  changedFiles(task: Task): Promise<string[]>;
}

const READER = 'recorder';
/** Naming changed files takes a git process each. */
const AT_ONCE = 4;

/**
 * Writes what the journal tells of runs into files for people and scripts: a line for each event in the run's monitor
 * and in the log, and the result file when a run has ended.
 */
export function startRecorder(options: RecorderOptions) {
  const { store, log, redact } = options;
  const rounds = keyedRounds({
    clock: options.clock,
    work: record,
    failed: (task: number, err) => log.error({ task: taskName(task), err }, 'could not be recorded'),
    atOnce: AT_ONCE,
  });
  const news = store.journal.onAppend(rounds.wake);
  for (const { task } of store.journal.behind(READER)) rounds.wake(task);

  /** Until nothing is left, what is written meanwhile included: after a stop nothing begins any more. */
  async function record(id: number): Promise<null> {
    const unread = () => store.journal.ofTask(id, store.journal.cursor(READER, id));
    for (let events = unread(); events.length > 0; events = unread()) {
      for (const event of events) {
        await tell(id, event);
        store.journal.moveCursor(READER, id, event.seq);
      }
    }
    return null;
  }

  async function tell(id: number, event: JournalEvent): Promise<void> {
    const task = store.tasks.get(id) as Task;
    log.info({ task: taskName(id), correlation: task.correlation, ...event.data }, event.type);
    const run = 'run' in event.data ? store.runs.get(id, event.data.run) : store.runs.ofTask(id).at(-1);
    if (run) monitor(run, event);
    if (event.type === 'run:ended') await writeResult(event.data.run, task);
  }

  function monitor(run: Run, event: JournalEvent): void {
    // Agents' words are among these, and people look at them in a terminal.
    const line = stripControl(describeEvent(event)).replaceAll('\n', '\n  ');
    options.monitor(runName(run.task, run.number), redact(`${isoTime(event.at)}  ${line}\n`));
  }

  async function writeResult(number: number, task: Task): Promise<void> {
    const run = store.runs.get(task.id, number) as Run;
    const file = options.resultFile(runName(task.id, number));
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const { memoryMb, cpuSeconds } = options.usage(runName(task.id, number));
    const used = showUsage(store.usage.ofRun(task.id, number));
    const taken = { ...NOTHING_USED, ...used, memory_mb: memoryMb, cpu_seconds: cpuSeconds };
    const result = { ...renderResult(task, run, await filesOf(task), summaryOf(run)), ...taken };
    writeFileSync(`${file}.new`, redact(`${JSON.stringify(result, null, 2)}\n`), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }

  /** A repository that is gone must not keep the rest from being told. */
  async function filesOf(task: Task): Promise<string[] | null> {
    return await options.changedFiles(task).catch(error => {
      log.warn({ task: taskName(task.id), err: error }, 'changed files are not known');
      return null;
    });
  }

  /** What the agent said with `orch done`. */
  function summaryOf(run: Run): string | null {
    const done = store.journal
      .ofTask(run.task)
      .findLast(event => event.type === 'run:done' && event.data.run === run.number);
    return done?.type === 'run:done' ? done.data.summary : null;
  }

  return {
    async stop(): Promise<void> {
      news[Symbol.dispose]();
      await rounds.stop();
    },
  };
}

const NOTHING_USED = { model: null, tokens: null, cost_usd: null, cost_source: null };

/** The result of a run, in the fields that REQUIREMENTS S names. What is not known is null. */
function renderResult(task: Task, run: Run, files: string[] | null, summary: string | null) {
  const done = run.outcome === 'succeeded';
  return {
    task: taskName(task.id),
    run: runName(run.task, run.number),
    agent: `${run.profile}-${run.slot}`,
    status: run.outcome,
    exit: run.exitCode,
    started_at: isoTime(run.startedAt),
    finished_at: run.endedAt === null ? null : isoTime(run.endedAt),
    branch: task.branch,
    head: task.head,
    pull_request: task.pull === null ? null : { number: task.pull, url: task.pullUrl },
    files_modified: files,
    summary: summary ?? (done ? null : run.lastWords),
    error: done ? null : run.reason,
  };
}
