import { join } from 'node:path';
import type { Paths } from '../config/paths.ts';
import type { Forge } from '../forge/forge.ts';
import { detectCommand, isRunnerFile } from '../proof/command.ts';
import { prove } from '../proof/prove.ts';
import { isTestFile } from '../proof/test-files.ts';
import { OrchError } from '../shared/errors.ts';
import { stripInvisible } from '../shared/invisible.ts';
import { shorten } from '../shared/text.ts';
import type { Proof } from '../store/proofs.ts';
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
import type { Repositories } from './git.ts';
import { type TestedTreeOptions, testedTree } from './tested-tree.ts';

export interface ProvingOptions extends TestedTreeOptions {
  paths: Paths;
  forge: Forge;
  repositories: Repositories;
}

/**
 * Tests what a task has pushed. Errors: what keeps the sandbox or the repository from being there, such as
 * E_SANDBOX_UNAVAILABLE; what the tests do is no error.
 */
export type Prove = (task: Task, run: Run, signal: AbortSignal) => Promise<Proof>;

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
            return await testedTree(options, { task, run, workspace, command: command as string, signal });
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
