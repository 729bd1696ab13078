import type { Groups } from '../agent/limits/limits.ts';
import type { Sandboxes } from '../agent/sandbox/choose.ts';
import { trySignal } from '../agent/stop.ts';
import type { RepositorySettings } from '../config/repository.ts';
import type { Settings } from '../config/settings.ts';
import { failedTests } from '../proof/failures.ts';
import type { ProofTree } from '../proof/prove.ts';
import type { Clock } from '../shared/clock.ts';
import { OrchError } from '../shared/errors.ts';
import { stripInvisible } from '../shared/invisible.ts';
import { type GroupResult, runGroup } from '../shared/program.ts';
import { lastBytes, shorten } from '../shared/text.ts';
import { type Run, runName, type Task } from '../task/glossary.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { setupOf } from './agent-stage.ts';
import type { Confine } from './confine.ts';
import { limitsOf, makeGroup } from './limits.ts';
import { printedBy } from './printed.ts';

export interface TestedTreeOptions {
  settings: Settings;
  repositorySettings(task: Task): RepositorySettings;
  confine: Confine;
  sandboxes: Sandboxes;
  groups: Groups;
  clock: Clock;
  /** Takes secrets out of what is kept. */
  redact(text: string): string;
  /** The proxy for setup commands, where the sandbox has one. */
  egress(run: Run): Promise<AsyncDisposable> | null;
}

interface Tested {
  task: Task;
  run: Run;
  workspace: Workspace;
  command: string;
  signal: AbortSignal;
}

const KEPT_BYTES = 6144;

/**
 * Sets a tree up, so that the tests can be run in it as the run's agent would; a sentence where that does not work. Setup
 * commands reach the network as they do before an agent, the tests have none. Errors: E_SANDBOX_UNAVAILABLE,
 * E_LIMITS_UNAVAILABLE, E_PROGRAM_FAILED once interrupted.
 */
export async function testedTree(options: TestedTreeOptions, tested: Tested): Promise<ProofTree | string> {
  const { task, workspace, command, signal } = tested;
  const { tree } = workspace;
  // Where the tree stood on this host is nobody's business, and gone when it is read.
  const redact = (text: string) => options.redact(text.replaceAll(`${tree}/`, '').replaceAll(tree, '.'));
  const timeout = options.repositorySettings(task).checks.timeoutSeconds * 1000;
  const failure = await setUp(options, tested, timeout);
  if (failure !== null) return failure;
  return {
    async test() {
      const began = options.clock.now();
      const end = await start(options, tested, command, { offline: true, timeout });
      // What was interrupted tells nothing: it is tested again after the next start.
      if (signal.aborted) throw new OrchError('E_PROGRAM_FAILED', 'the tests were interrupted');
      const seconds = Math.round((options.clock.now() - began) / 1000);
      return { ...ranOf(end, redact, timeout), seconds };
    },
  };
}

/** Null once all that is required has come to a good end. */
async function setUp(options: TestedTreeOptions, tested: Tested, timeout: number): Promise<string | null> {
  const { task, run, workspace } = tested;
  const { environment } = await options.confine(task, run, { offline: true, instead: workspace });
  const commands = setupOf(options.repositorySettings(task), workspace.tree, environment);
  const egress = await options.egress(run);
  try {
    for (const { command, required } of commands) {
      const { exitCode, isTimedOut } = await start(options, tested, command, { offline: false, timeout });
      if (!required || exitCode === 0) continue;
      const why = isTimedOut ? 'took too long' : `ended with exit code ${exitCode}`;
      return `the setup command \`${shorten(stripInvisible(command), 100)}\` ${why}`;
    }
    return null;
  } finally {
    await egress?.[Symbol.asyncDispose]();
  }
}

async function start(
  options: TestedTreeOptions,
  { task, run, workspace, signal }: Tested,
  shell: string,
  { offline, timeout }: { offline: boolean; timeout: number },
): Promise<GroupResult> {
  const { settings, confine, groups, sandboxes } = options;
  const { tree } = workspace;
  const { prefix, session, environment } = await confine(task, run, { offline, instead: workspace });
  const words = [...prefix, ...(offline ? [] : session), '/bin/sh', '-c', `exec 2>&1\n${shell}`];
  const profile = settings.profiles.find(each => each.name === run.profile);
  const limits = limitsOf(settings, profile ?? { memoryMb: null, cpuPercent: null });
  const group = makeGroup(groups, runName(run.task, run.number), limits);
  try {
    const argv = ['-c', `${group.enter} || exit 125\nexec "$@"`, 'sh', ...words];
    return await runGroup('/bin/sh', argv, { cwd: tree, env: environment, timeout, keep: 'end', signal });
  } finally {
    // Who has left the process group is in this one still.
    for (const pid of group.pids()) trySignal(pid, 'SIGKILL');
    group.remove();
    await sandboxes.found?.end(tree);
  }
}

function ranOf(
  end: GroupResult,
  redact: (text: string) => string,
  timeout: number,
): Omit<Awaited<ReturnType<ProofTree['test']>>, 'seconds'> {
  const { exitCode, isTimedOut } = end;
  const printed = printedBy(end, redact);
  const early = isTimedOut ? `they took longer than ${timeout / 1000} s` : 'they were ended by a signal';
  const passed = exitCode === 0;
  return {
    passed,
    code: exitCode,
    ended: exitCode === null ? early : null,
    output: lastBytes(printed, KEPT_BYTES),
    // Of all that was printed: a failure that is cut away on one side would be new on the other.
    failed: passed ? [] : failedTests(printed),
  };
}
