import { tryGit } from './git.ts';
import { refusedHead, runHead } from './refs.ts';
import type { Store } from './store.ts';

/**
 * Commits that hold what a run left beyond `published`, the fullest first: the snapshot of its worktree, unless commits
 * were taken from it that are not in there, and these. A commit whose files are as published is none of them.
 */
export async function leftBy(
  store: Store,
  run: string,
  { snapshot, published }: { snapshot: string | null; published: string },
): Promise<string[]> {
  const taken = (await runHead(store, run)) ?? (await refusedHead(store, run));
  const isOld = snapshot !== null && taken !== null && !(await isAncestor(store, taken, snapshot));
  const found = isOld ? [taken, snapshot] : [snapshot, taken];
  const left: string[] = [];
  for (const sha of found) if (sha !== null && (await differs(store, sha, published))) left.push(sha);
  return left;
}

async function differs({ directory }: Store, one: string, other: string): Promise<boolean> {
  return (await tryGit(['diff-tree', '--quiet', one, other], { directory })).exitCode !== 0;
}

async function isAncestor({ directory }: Store, old: string, young: string): Promise<boolean> {
  return (await tryGit(['merge-base', '--is-ancestor', old, young], { directory })).exitCode === 0;
}
