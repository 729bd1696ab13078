import type { Clock } from '../shared/clock.ts';
import { describeError, OrchError } from '../shared/errors.ts';
import { stripInvisible } from '../shared/invisible.ts';
import type { Log } from '../shared/log.ts';
import { runGroup } from '../shared/program.ts';
import { keyedRounds } from '../shared/rounds.ts';
import { lastBytes, shorten } from '../shared/text.ts';
import type { Store } from '../store/open.ts';
import type { TestResult } from '../store/pulls.ts';
import { type Run, type Task, taskName } from '../task/glossary.ts';
import { differenceFrom } from '../workspace/standing.ts';
import { asAgentIn, type Enclosed } from './as-agent.ts';
import { printedBy } from './printed.ts';

export interface PullTestsOptions {
  store: Store;
  clock: Clock;
  log: Log;
  /** Takes secrets out of what is kept. */
  redact(text: string): string;
  /** The shell command that tests a task's work; null where none are run. */
  commandOf(task: Task): string | null;
  enclosed(task: Task, run: Run): Promise<Enclosed>;
  /** How long they may take (ms). */
  timeout?: number;
}

interface Due {
  task: Task;
  run: Run;
  command: string;
  commit: string;
}

const TEN_MINUTES = 600_000;
const GIT_PATIENCE_MS = 60_000;
const AT_ONCE = 2;
const KEPT_BYTES = 4096;

/**
 * Runs the repository's tests on what a task has pushed, once it is completed with a local pull request: in its last
 * workspace, as its agent would, by the command that counted when the task was asked for. What was interrupted is run again.
 */
export function startPullTests(options: PullTestsOptions) {
  const { store, clock, log } = options;
  const ending = new AbortController();
  const rounds = keyedRounds({
    clock,
    async work(id: number) {
      const due = dueOf(id);
      if (due === null) return null;
      const result = await resultOf(options, due, ending.signal);
      if (!ending.signal.aborted) record(due, result);
      return null;
    },
    failed: (id, error) =>
      log.warn({ task: taskName(id), why: describeError(error) }, 'the tests could not be run for now'),
    atOnce: AT_ONCE,
  });
  const news = store.journal.onAppend(id => {
    if (!rounds.isFailing(id)) rounds.wake(id);
  });
  for (const { id } of store.tasks.withOpenPull()) rounds.wake(id);

  function dueOf(id: number): Due | null {
    const task = store.tasks.get(id) as Task;
    const { state, pullState, rollback, head: commit } = task;
    if (state !== 'completed' || pullState !== 'open' || rollback !== null || commit === null) return null;
    const [pull, command, run] = [store.pulls.get(id), options.commandOf(task), store.runs.ofTask(id).at(-1)];
    if (pull === null || command === null || !run || run.endedAt === null) return null;
    return pull.tests?.commit === commit ? null : { task, run, command, commit };
  }

  function record({ task, commit, run }: Due, result: TestResult): void {
    store.transaction(() => {
      const current = store.tasks.get(task.id) as Task;
      // Retried or rolled back meanwhile: they are for another commit then.
      if (current.epoch !== task.epoch || current.head !== commit) return;
      const isGone = store.runs.get(task.id, run.number)?.cleanedAt != null;
      const kept = isGone && result.verdict === 'failed' ? notRun(result, GONE) : result;
      store.pulls.tested(task.id, kept);
      const { verdict, command, reason } = kept;
      store.journal.append(clock.now(), task.id, 'pull:tested', { verdict, command, reason });
    });
  }

  return {
    /** Tests under way are ended, and run again after the next start. */
    async stop(): Promise<void> {
      news[Symbol.dispose]();
      ending.abort();
      await rounds.stop();
    },
  };
}

const GONE = 'its workspace is gone';

/** Errors: what keeps the agent's enclosure from being there, such as E_SANDBOX_UNAVAILABLE. */
async function resultOf(options: PullTestsOptions, due: Due, signal: AbortSignal): Promise<TestResult> {
  if (due.run.cleanedAt !== null) return notRun(due, GONE);
  const enclosed = await options.enclosed(due.task, due.run);
  try {
    const difference = await differenceFrom(asAgentIn(enclosed, GIT_PATIENCE_MS), due.commit);
    return difference === null ? await runTests(options, due, enclosed, signal) : notRun(due, difference);
  } catch (error) {
    if (!(error instanceof OrchError && error.code === 'E_PROGRAM_FAILED')) throw error;
    return notRun(due, shorten(stripInvisible(options.redact(error.message)), 300));
  }
}

async function runTests(
  { clock, redact, timeout = TEN_MINUTES }: PullTestsOptions,
  { command, commit }: Due,
  { tree, env, words }: Enclosed,
  signal: AbortSignal,
): Promise<TestResult> {
  const began = clock.now();
  // One stream, so that what is printed keeps its order.
  const shell = words('/bin/sh', ['-c', `exec 2>&1\n${command}`]);
  const end = await runGroup(...shell, { cwd: tree, env, timeout, keep: 'end', signal });
  const seconds = Math.round((clock.now() - began) / 1000);
  const output = lastBytes(printedBy(end, redact), KEPT_BYTES);
  const { exitCode } = end;
  if (exitCode === 0) return { command, commit, verdict: 'passed', reason: null, exitCode, seconds, output };
  const early = end.isTimedOut ? `took longer than ${timeout / 1000} s` : 'was ended by a signal';
  const reason = exitCode === null ? early : `exit code ${exitCode}`;
  return { command, commit, verdict: 'failed', reason, exitCode, seconds, output };
}

function notRun({ command, commit }: Pick<TestResult, 'command' | 'commit'>, reason: string): TestResult {
  return { command, commit, verdict: 'not_run', reason, exitCode: null, seconds: 0, output: '' };
}
