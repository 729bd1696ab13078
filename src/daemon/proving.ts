import { join } from 'node:path';
import type { Groups } from '../agent/limits/limits.ts';
import type { Sandboxes } from '../agent/sandbox/choose.ts';
import type { Paths } from '../config/paths.ts';
import type { RepositorySettings } from '../config/repository.ts';
import type { Settings } from '../config/settings.ts';
import type { Forge } from '../forge/forge.ts';
import { detectCommand, isRunnerFile } from '../proof/command.ts';
import { failedTests } from '../proof/failures.ts';
import { type ProofTree, prove } from '../proof/prove.ts';
import { isTestFile } from '../proof/test-files.ts';
import type { Clock } from '../shared/clock.ts';
import { OrchError } from '../shared/errors.ts';
import { stripInvisible } from '../shared/invisible.ts';
import { type GroupResult, runGroup } from '../shared/program.ts';
import { lastBytes, readableLines, shorten } from '../shared/text.ts';
import type { Proof, ProofRun } from '../store/proofs.ts';
import { type Run, runName, type Task } from '../task/glossary.ts';
import { type CopyRequest, copyFiles } from '../workspace/copy.ts';
import {
  changedBetween,
  deletedBetween,
  filesOf,
  holdsMerges,
  makeProofTree,
  type ProofTreePlan,
  partingOf,
} from '../workspace/proof-tree.ts';
import { fetchStore, resolve } from '../workspace/store.ts';
import { removeTree, type Workspace } from '../workspace/workspace.ts';
import { setupOf } from './agent-stage.ts';
import type { Confine } from './confine.ts';
import type { Repositories } from './git.ts';
import { limitsOf, makeGroup } from './limits.ts';

export interface ProvingOptions {
  paths: Paths;
  settings: Settings;
  forge: Forge;
  repositories: Repositories;
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

/**
 * Tests what a task has pushed. Errors: what keeps the sandbox or the repository from being there, such as
 * E_SANDBOX_UNAVAILABLE; what the tests do is no error.
 */
export type Prove = (task: Task, run: Run, signal: AbortSignal) => Promise<Proof>;

const KEPT_BYTES = 6144;
/** Of what was printed (characters): enough that no secret is cut where the kept part begins. */
const READ = 1024 * 1024;

/**
 * In trees of its own, which no agent has had, shut in like the run's agent, and without its logins. Setup commands reach the
 * network as they do before an agent; the tests have none.
 */
export function proving(options: ProvingOptions): Prove {
  const { paths, repositories, clock } = options;

  const turns = new Map<string, Promise<unknown>>();

  /** A branch is tested as it is, and with its base merged: one after the other, in one folder. */
  return async (task, run, signal) => {
    const name = runName(run.task, run.number);
    const turn = (turns.get(name) ?? Promise.resolve()).catch(() => {}).then(() => test(task, run, signal));
    turns.set(name, turn);
    return await turn.finally(() => turns.get(name) === turn && turns.delete(name));
  };

  async function test(task: Task, run: Run, signal: AbortSignal): Promise<Proof> {
    const name = runName(run.task, run.number);
    const own = options.repositorySettings(task);
    const git = await repositories.store(task);
    const remote = repositories.remote(task, 'read');
    const head = task.head as string;
    const start = task.baseSha as string;
    // What was merged from the base since is no change of this work's, but only the base as it is now tells.
    if (await holdsMerges(git, start, head)) await fetchStore(git, remote).catch(options.forge.notFetched);
    const target = await resolve(git, { branch: task.target as string }).catch(() => null);
    const base = (await partingOf(git, target ?? start, head)) ?? start;
    const changed = await changedBetween(git, base, head);
    const isTest = (path: string) => isTestFile(path, own.checks.testFiles);
    const tests = changed.filter(isTest);
    const gone = (await deletedBetween(git, base, head)).filter(isTest);
    const found = await detectCommand(await filesOf(git, head));
    const before = await detectCommand(await filesOf(git, base));
    const command = own.test ?? found?.command ?? null;
    const isOtherCommand = before?.means !== found?.means || changed.some(isRunnerFile);
    const workspaces = proofsFolder(paths);
    const planOf = {
      before: { sha: base, overlay: null },
      tests: { sha: base, overlay: { sha: head, files: tests } },
      after: { sha: head, overlay: null },
    } as const;
    try {
      return await prove(
        {
          now: clock.now,
          async tree(where) {
            const plan = { ...planOf[where], workspaces, run: name, store: git, remote };
            const copy = { from: options.forge.files(task), files: own.copy };
            const workspace = await made(plan, copy).catch(error => sentenceOf(error, options.redact));
            if (typeof workspace === 'string') return workspace;
            return await readyTree(options, task, run, workspace, command as string, signal);
          },
        },
        { base, head, command, tests, gone, isOtherCommand },
      );
    } finally {
      await removeTree(join(workspaces, name));
    }
  }
}

/** Trees of work that is tested are below it; what a daemon left there is nobody's. */
export function proofsFolder({ home }: Pick<Paths, 'home'>): string {
  return join(home, 'proofs');
}

async function made(plan: ProofTreePlan, copy: CopyRequest): Promise<Workspace> {
  const workspace = await makeProofTree(plan);
  if (copy.files.length > 0) await copyFiles(workspace.tree, copy);
  return workspace;
}

/** What would be the same each time is told, and not tried again. */
function sentenceOf(error: unknown, redact: (text: string) => string): string {
  const isLasting = error instanceof OrchError && ['E_SETTINGS', 'E_PROGRAM_FAILED'].includes(error.code);
  if (!isLasting) throw error;
  return `its files could not be made ready: ${shorten(stripInvisible(redact(error.message)), 300)}`;
}

async function readyTree(
  options: ProvingOptions,
  task: Task,
  run: Run,
  workspace: Workspace,
  command: string,
  signal: AbortSignal,
): Promise<ProofTree | string> {
  const own = options.repositorySettings(task);
  const timeout = own.checks.timeoutSeconds * 1000;
  const { tree } = workspace;
  // Where the tree stood on this host is nobody's business, and gone when it is read.
  const redact = (text: string) => options.redact(text.replaceAll(`${tree}/`, '').replaceAll(tree, '.'));
  const start = async (shell: string, offline: boolean) => {
    const enclosure = await options.confine(task, run, { offline, instead: workspace });
    const { prefix, session, environment } = enclosure;
    const words = [...prefix, ...(offline ? [] : session), '/bin/sh', '-c', `exec 2>&1\n${shell}`];
    const profile = options.settings.profiles.find(each => each.name === run.profile);
    const limits = limitsOf(options.settings, profile ?? { memoryMb: null, cpuPercent: null });
    const group = makeGroup(options.groups, runName(run.task, run.number), limits);
    try {
      const script = `${group.enter} || exit 125\nexec "$@"`;
      const argv = ['-c', script, 'sh', ...words];
      return await runGroup('/bin/sh', argv, { cwd: tree, env: environment, timeout, keep: 'end', signal });
    } finally {
      // Who has left the process group is in this one still.
      for (const pid of group.pids()) tryKill(pid);
      group.remove();
      await options.sandboxes.found?.end(tree);
    }
  };
  const { environment } = await options.confine(task, run, { offline: true, instead: workspace });
  const egress = await options.egress(run);
  try {
    for (const { command: setup, required } of setupOf(own, tree, environment)) {
      const { exitCode, isTimedOut } = await start(setup, false);
      if (required && exitCode !== 0) {
        const why = isTimedOut ? 'took too long' : `ended with exit code ${exitCode}`;
        return `the setup command \`${shorten(stripInvisible(setup), 100)}\` ${why}`;
      }
    }
  } finally {
    await egress?.[Symbol.asyncDispose]();
  }
  return {
    async test() {
      const began = options.clock.now();
      const end = await start(command, true);
      // What was interrupted tells nothing: it is tested again after the next start.
      if (signal.aborted) throw new OrchError('E_PROGRAM_FAILED', 'the tests were interrupted');
      const seconds = Math.round((options.clock.now() - began) / 1000);
      return { ...ranOf(end, redact, timeout), seconds };
    },
  };
}

function ranOf(
  { stdout, exitCode, isTimedOut }: GroupResult,
  redact: (text: string) => string,
  timeout: number,
): Omit<ProofRun, 'where' | 'seconds'> & { code: number | null; failed: string[] } {
  const printed = stripInvisible(readableLines(stdout.slice(-READ)).join('\n'));
  const told = redact(printed).trim();
  const output = lastBytes(told, KEPT_BYTES);
  const early = isTimedOut ? `they took longer than ${timeout / 1000} s` : 'they were ended by a signal';
  const passed = exitCode === 0;
  // Of all that was printed: a failure that is cut away on one side would be new on the other.
  const failed = passed ? [] : failedTests(told);
  return { passed, code: exitCode, ended: exitCode === null ? early : null, output, failed };
}

function tryKill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}
