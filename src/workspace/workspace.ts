import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram, tryProgram } from '../shared/program.ts';
import { applyCarried, type Carried } from './carry.ts';
import { type CopyRequest, copyFiles } from './copy.ts';
import { execGit, tryGit } from './git.ts';
import { checkRun, pin, rescueRef, runHead, unpin } from './refs.ts';
import { type RepositoryPlan, writeRepository } from './repository.ts';
import { restoreStartupFiles } from './startup.ts';

export interface WorkspacePlan extends RepositoryPlan {
  /** Holds all workspaces: `${home}/workspaces`. */
  workspaces: string;
  /** The run that it is made for, `T42.1`. */
  run: string;
  /** Files that are copied into the tree, such as `.env`; git is told to ignore them. */
  copy: readonly CopyRequest[];
  /** What another worktree held uncommitted, on top of `start`. */
  carried: Carried | null;
  /** A commit of a branch that only people with write access decide on: agents' start-up files are as there. */
  trusted: string;
}

export interface Workspace {
  /** `${workspaces}/T42.1`, 0700; all of it is made and removed here. */
  directory: string;
  /** The worktree, where the agent works. */
  tree: string;
  /** The run's own bare repository. From the agent's start on it is the agent's: the daemon never runs git in it. */
  repository: string;
  /** What the agent gets of the shared context: the daemon writes it, beside the tree, and a link in the tree leads there. */
  context: string;
}

/** Stands in the tree, and git is told to ignore it. */
const CONTEXT_LINK = '.orch-context';
const CONTEXT = 'context';

/** Where the workspace of a run is, made or not. */
export function locateWorkspace(workspaces: string, run: string): Workspace {
  const directory = join(workspaces, checkRun(run));
  return {
    directory,
    tree: join(directory, 'tree'),
    repository: join(directory, 'repository.git'),
    context: join(directory, CONTEXT),
  };
}

/** How the agent reaches the shared context from its tree: by the link, unless the repository has something of that name. */
export async function contextPath({ tree, context }: Workspace): Promise<string> {
  const target = await readlink(join(tree, CONTEXT_LINK)).catch(() => null);
  return target === join('..', CONTEXT) ? CONTEXT_LINK : context;
}

/**
 * Makes the run's own repository, its branch at `start`, and its worktree. What a crash left half made is made again;
 * a finished workspace is kept as it is. Errors: E_SETTINGS (files to copy, sparse directories), E_PROGRAM_FAILED.
 */
export async function prepareWorkspace(plan: WorkspacePlan): Promise<Workspace> {
  const workspace = locateWorkspace(plan.workspaces, plan.run);
  const finished = join(workspace.directory, 'ready');
  if (existsSync(finished)) return workspace;
  await removeTree(workspace.directory);
  await mkdir(workspace.directory, { recursive: true, mode: 0o700 });
  await Promise.all([
    // Borrowed objects must stay reachable in the store when somebody force-pushes the base.
    pin(plan.store, plan.run, { base: plan.base.sha, start: plan.start }),
    checkOut(workspace, plan),
  ]);
  if (plan.carried !== null) await applyCarried(workspace, plan.start, plan.carried);
  const restored = await restoreStartupFiles(workspace, plan);
  for (const request of plan.copy) await copyFiles(workspace.tree, request);
  await mkdir(workspace.context);
  await symlink(join('..', CONTEXT), join(workspace.tree, CONTEXT_LINK)).catch(error => {
    if (error.code !== 'EEXIST') throw error;
  });
  await writeFile(finished, restored.map(path => `${path}\n`).join(''));
  return workspace;
}

/** Files that are not as on the run's branch, but as where only people with write access decide: see `startup.ts`. */
export function restoredFiles({ directory }: Workspace): string[] {
  return readFileSync(join(directory, 'ready'), 'utf8')
    .split('\n')
    .filter(path => path !== '');
}

/**
 * Removes the workspace of a run, which others may have had before it. Commits taken from the run that `published`, the
 * branch's tip on GitHub, does not reach get a rescue ref, which is returned. Repeating it does no harm.
 */
export async function removeWorkspace(
  directory: string,
  { run, store, published }: Pick<WorkspacePlan, 'run' | 'store'> & { published: string | null },
): Promise<string | null> {
  const head = await runHead(store, run);
  const lost = head !== null && !(published !== null && (await isAncestor(store, head, published)));
  const rescued = lost ? await rescueRef(store, run, head) : null;
  await removeTree(directory);
  await unpin(store, run);
  return rescued;
}

async function checkOut({ repository, tree }: Workspace, plan: WorkspacePlan): Promise<void> {
  const ignored = [CONTEXT_LINK, ...plan.copy.flatMap(({ files }) => files)];
  await writeRepository(repository, { ...plan, ignored });
  await execGit([...CHECKOUT, 'worktree', 'add', '--quiet', tree, plan.branch], { directory: repository });
}

// A process per core writes the files of large trees; below some hundred files starting them costs more than it saves.
const CHECKOUT = ['-c', 'checkout.workers=0', '-c', 'checkout.thresholdForParallelism=1000'];

async function isAncestor(store: WorkspacePlan['store'], old: string, young: string): Promise<boolean> {
  const args = ['merge-base', '--is-ancestor', old, young];
  return (await tryGit(args, { directory: store.directory })).exitCode === 0;
}

/**
 * Removes a folder that an agent has written in. Node can't remove read-only folders, as some tools' caches are, and
 * paths longer than the system takes in one piece; the programs go folder by folder, and follow no links on the way.
 */
export async function removeTree(directory: string): Promise<void> {
  try {
    await rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  } catch {
    await tryProgram('chmod', ['-R', 'u+rwX', directory]);
    await runProgram('rm', ['-rf', directory]);
  }
}
