import { execGit, type GitOptions, gitFailure, tryGit } from './git.ts';
import type { Store } from './store.ts';

interface Person {
  name: string;
  email: string;
}

type Joined = { sha: string } | { conflicts: string[] };

/**
 * One commit with all that these have: the one that holds the others, or else a merge of them in this order. The same heads
 * always give the same commit. Or the files in which they conflict.
 */
export async function joinHeads(
  store: Store,
  heads: readonly string[],
  author: Person,
  message = 'Begin with the work of several pull requests',
): Promise<Joined> {
  const { directory } = store;
  const found = await execGit(['merge-base', '--independent', ...heads], { directory });
  const independent = found.split('\n');
  const [first = '', ...others] = [...new Set(heads)].filter(sha => independent.includes(sha));
  let joined: Joined = { sha: first };
  for (const other of others)
    if ('sha' in joined) joined = await merge(store, joined.sha, other, { author, message });
  return joined;
}

/** The tree that a merge of two commits has, or the files in which they conflict. Errors: E_PROGRAM_FAILED. */
export async function mergeTree(
  options: GitOptions,
  one: string,
  other: string,
): Promise<{ tree: string } | { conflicts: string[] }> {
  const args = ['merge-tree', '--write-tree', '--name-only', '--no-messages', '-z', one, other];
  const merged = await tryGit(args, options);
  const [tree = '', ...conflicts] = merged.stdout.split('\0').filter(line => line !== '');
  // With 1 it ends for a commit that is not there, too.
  if (merged.exitCode === 1 && tree !== '') return { conflicts };
  if (merged.exitCode !== 0) throw gitFailure(args, merged);
  return { tree };
}

async function merge(
  { directory }: Store,
  one: string,
  other: string,
  { author, message }: { author: Person; message: string },
): Promise<Joined> {
  const merged = await mergeTree({ directory }, one, other);
  if ('conflicts' in merged) return merged;
  const times = await execGit(['show', '-s', '--format=%ct', one, other], { directory });
  const date = `${Math.max(...times.split('\n').map(Number))} +0000`;
  const env = {
    ...{ GIT_AUTHOR_NAME: author.name, GIT_AUTHOR_EMAIL: author.email, GIT_AUTHOR_DATE: date },
    ...{ GIT_COMMITTER_NAME: author.name, GIT_COMMITTER_EMAIL: author.email, GIT_COMMITTER_DATE: date },
  };
  const parents = ['-p', one, '-p', other];
  return { sha: await execGit(['commit-tree', merged.tree, ...parents, '-m', message], { directory, env }) };
}
