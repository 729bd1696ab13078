import { posix } from 'node:path';
import { execGit, type GitOptions } from '../git.ts';

/** A file that a commit added or changed, against each of its parents. */
export interface Change {
  commit: string;
  path: string;
  /** The new mode: `100644`, `120000` for a symbolic link, `160000` for a submodule, `000000` when it is gone. */
  mode: string;
  /** The new content. */
  blob: string;
}

export async function changesOf(git: GitOptions, commits: readonly string[]): Promise<Change[]> {
  // Of merges (-c) only what no parent has: the rest is in the parents' own commits, or on the remote.
  return await readChanges(git, commits, ['-c']);
}

async function readChanges(
  git: GitOptions,
  commits: readonly string[],
  how: readonly string[],
): Promise<Change[]> {
  const args = ['diff-tree', '--stdin', '--root', '-r', '-z', '--no-renames', '--raw', ...how];
  const input = commits.map(commit => `${commit}\n`).join('');
  const changes: Change[] = [];
  let commit = '';
  const words = (await execGit(args, { ...git, input })).split('\0');
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (!word.startsWith(':')) {
      if (word !== '') commit = word;
      continue;
    }
    // As many colons as parents, a mode for each and the new one, an object for each and the new one, a letter for each.
    const parents = word.lastIndexOf(':') + 1;
    const fields = word.slice(parents).split(' ');
    const [mode = '', blob = ''] = [fields[parents], fields[2 * parents + 1]];
    changes.push({ commit, path: words[++at] ?? '', mode, blob });
  }
  return changes;
}

/** Where definitions lie that GitHub Actions runs, with the repository's secrets where it has some. */
const WORKFLOWS = ['.github/workflows', '.github/actions'];

/**
 * Changes of workflows, but for those to what one of the commits `allowed` has. A merge is held against each of its
 * parents: from an old commit, or a branch of others, it could take a workflow that nobody runs any more.
 */
export async function workflowChanges(
  git: GitOptions,
  commits: readonly string[],
  allowed: readonly string[],
): Promise<Change[]> {
  const changes = await readChanges(git, commits, ['-m', '--', ...WORKFLOWS]);
  if (changes.length === 0) return [];
  const there = await Promise.all(allowed.map(commit => workflowsAt(git, commit)));
  return changes.filter(({ path, mode, blob }) => {
    const changed = mode === GONE ? undefined : `${mode} ${blob}`;
    return there.every(files => files.get(path) !== changed);
  });
}

const GONE = '000000';

async function workflowsAt(git: GitOptions, commit: string): Promise<Map<string, string>> {
  const listed = await execGit(['ls-tree', '-r', '-z', commit, '--', ...WORKFLOWS], git);
  const files = listed.split('\0').filter(Boolean);
  return new Map(
    files.map(file => {
      const [mode, , blob] = file.split(/[ \t]/, 3);
      return [file.slice(file.indexOf('\t') + 1), `${mode} ${blob}`];
    }),
  );
}

/** Links that lead out of the repository, or into git's own folder: who follows one reads or writes elsewhere. */
export async function strayLinks(git: GitOptions, changes: readonly Change[]): Promise<Change[]> {
  const links = changes.filter(change => change.mode === '120000');
  const stray = await Promise.all(
    links.map(async link => {
      const target = await execGit(['cat-file', 'blob', link.blob], git);
      const place = posix.normalize(posix.join(posix.dirname(link.path), target));
      return target.startsWith('/') || /^\.\.(?:\/|$)|(?:^|\/)\.git(?:\/|$)/i.test(place);
    }),
  );
  return links.filter((_, at) => stray[at]);
}
