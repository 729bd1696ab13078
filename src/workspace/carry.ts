import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execGit, tryGit, withGitOutput } from './git.ts';
import { STARTUP_FILES } from './startup.ts';
import type { Store } from './store.ts';
import type { Workspace } from './workspace.ts';

/** What a fresh worktree takes over from another: all in Orch's own copy of the repository. */
export interface Carried {
  /** The tree that the worktree is to hold. */
  tree: string;
  /** What was changed and is not in it: in conflict with the branch, a link, or read by programs when they start. */
  leftOut: string[];
}

/**
 * Puts what was not committed in a snapshot onto another commit, mostly the branch's tip. Nothing of it gets to do more
 * in a fresh worktree than a file that is only read: links, start-up files and the files `without` stay as they are at
 * `start`.
 */
export async function carry(
  store: Store,
  { start, snapshot, without }: { start: string; snapshot: string; without: readonly string[] },
): Promise<Carried> {
  const { directory } = store;
  const args = ['merge-tree', '--write-tree', '-z', '--name-only', '--no-messages', start, snapshot];
  const merged = await tryGit(args, { directory });
  const [tree, ...conflicts] = merged.stdout.split('\0').filter(Boolean);
  // Histories that have nothing in common.
  if (merged.exitCode > 1 || tree === undefined)
    return { tree: await execGit(['rev-parse', `${start}^{tree}`], { directory }), leftOut: ['all of it'] };
  const refused = await refusedPaths(store, start, tree, without);
  const leftOut = [...new Set([...conflicts, ...refused])];
  return { tree: leftOut.length === 0 ? tree : await withoutPaths(store, start, tree, leftOut), leftOut };
}

async function refusedPaths(
  { directory }: Store,
  start: string,
  tree: string,
  without: readonly string[],
): Promise<string[]> {
  const diff = ['diff-tree', '-r', '-z', '--no-renames'];
  const pathspecs = [
    ...STARTUP_FILES.map(file => `:(icase)${file}`),
    ...without.map(file => `:(literal)${file}`),
  ];
  const [names, changes] = await Promise.all([
    execGit([...diff, '--name-only', start, tree, '--', ...pathspecs], { directory }),
    execGit([...diff, '--raw', start, tree], { directory }),
  ]);
  const words = changes.split('\0');
  // `:old-mode new-mode old new status`, then the path; a link, or a repository of its own.
  const links = words.flatMap((path, at) => (/^:\d+ 1[26]0000 /.test(words[at - 1] ?? '') ? [path] : []));
  return [...names.split('\0').filter(Boolean), ...links];
}

/** The tree with these paths as they are at `start`. */
async function withoutPaths(
  { directory }: Store,
  start: string,
  tree: string,
  paths: readonly string[],
): Promise<string> {
  const folder = await mkdtemp(join(directory, 'quarantine-'));
  try {
    const here = { directory, env: { GIT_INDEX_FILE: join(folder, 'index') } };
    await execGit(['read-tree', tree], here);
    const entries = await execGit(
      ['ls-tree', '-r', '-z', '--full-tree', start, '--', ...paths.map(path => `:(literal)${path}`)],
      { directory },
    );
    // Mode 0 takes an entry out.
    const gone = paths.map(path => `0 ${'0'.repeat(start.length)}\t${path}\0`).join('');
    const index = ['update-index', '--add', '--replace', '-z', '--index-info'];
    await execGit(index, { ...here, input: gone + entries });
    return await execGit(['write-tree'], here);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Gives a fresh worktree at `start` these files, uncommitted. The repository must be the daemon's still. */
export async function applyCarried(
  { repository, tree }: Workspace,
  start: string,
  carried: Carried,
): Promise<void> {
  const here = { directory: join(repository, 'worktrees', 'tree'), env: { GIT_WORK_TREE: tree } };
  await execGit(['read-tree', '-m', '-u', start, carried.tree], here);
  await execGit(['reset', '--quiet'], here);
}

/** What `tree` changes against a commit, as a patch of so many bytes at most; whole lines, and whether that is all. */
export async function patch(
  { directory }: Store,
  { base, tree, most }: { base: string; tree: string; most: number },
): Promise<{ text: string; isWhole: boolean }> {
  const args = ['diff-tree', '-r', '-p', '--no-ext-diff', '--no-textconv', '--no-color', base, tree];
  const chunks: Buffer[] = [];
  let size = 0;
  await withGitOutput(args, { directory }, async stdout => {
    for await (const chunk of stdout) {
      if (size <= most) chunks.push(chunk as Buffer);
      size += (chunk as Buffer).length;
    }
  });
  const whole = Buffer.concat(chunks);
  if (size <= most) return { text: whole.toString(), isWhole: true };
  const cut = whole.subarray(0, most).toString();
  return { text: cut.slice(0, cut.lastIndexOf('\n') + 1), isWhole: false };
}
