import { execGit } from './git.ts';
import type { Store } from './store.ts';

/** Larger ones are not read (bytes). */
const MOST_README = 256 * 1024;

interface Entry {
  mode: string;
  sha: string;
  /** Null for folders. */
  bytes: number | null;
  name: string;
}

/** What stands at the top of a commit, in git's order; the names of folders end with `/`. */
export async function topEntries(store: Store, commit: string): Promise<string[]> {
  return (await readTop(store, commit)).map(({ mode, name }) => (mode === '040000' ? `${name}/` : name));
}

/** The README at the top of a commit; null when there is none, or no plain file of a README's size. */
export async function readReadme(store: Store, commit: string): Promise<string | null> {
  const found = (await readTop(store, commit)).find(({ name }) =>
    /^readme(\.(md|markdown|rst|txt))?$/i.test(name),
  );
  if (found?.bytes == null || !found.mode.startsWith('100') || found.bytes > MOST_README) return null;
  return await execGit(['cat-file', 'blob', found.sha], { directory: store.directory });
}

async function readTop({ directory }: Store, commit: string): Promise<Entry[]> {
  const listed = await execGit(['ls-tree', '-z', '--long', commit], { directory });
  return listed.split('\0').flatMap(line => {
    const [, mode = '', sha = '', size = '', name = ''] = /^(\d+) \w+ (\w+) +(\S+)\t(.*)$/s.exec(line) ?? [];
    return name === '' ? [] : [{ mode, sha, bytes: size === '-' ? null : Number(size), name }];
  });
}
