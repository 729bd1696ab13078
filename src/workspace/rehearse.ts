import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execGit, type GitOptions, tryGit } from './git.ts';
import { mergeTree } from './join.ts';
import { changedFiles } from './publish.ts';
import type { Store } from './store.ts';

/** What git says of commits of a store, each thing asked once. */
export interface Rehearsal {
  /** The files that merging the two conflicts in; none where it is clean. */
  conflicts(one: string, other: string): Promise<string[]>;
  /** The files that `head` has changed since it left `base`. */
  changed(base: string, head: string): Promise<string[]>;
  holds(head: string, base: string): Promise<boolean>;
}

/** A merge of this size is no rehearsal any more. */
const MOST = { time: 30_000, output: 20_000_000 };
const MOST_KEPT = 10_000;

/** Rehearses merges: nothing of them stays in the store. Of a commit that is not there E_PROGRAM_FAILED is thrown. */
export function openRehearsal(store: Store): Rehearsal {
  const known = new Map<string, Promise<unknown>>();

  function once<T>(key: string, ask: () => Promise<T>): Promise<T> {
    const found = known.get(key) as Promise<T> | undefined;
    if (found) return found;
    if (known.size >= MOST_KEPT) known.clear();
    const asked = ask();
    known.set(key, asked);
    asked.catch(() => known.delete(key));
    return asked;
  }

  return {
    conflicts: (one, other) =>
      once(`conflicts ${[one, other].sort().join(' ')}`, () =>
        withoutTraces(store, async options => {
          const merged = await mergeTree({ ...options, most: MOST }, one, other);
          return 'conflicts' in merged ? merged.conflicts : [];
        }),
      ),
    changed: (base, head) => once(`changed ${base} ${head}`, () => changedFiles(store, base, head)),
    holds: (head, base) =>
      once(`holds ${head} ${base}`, async () => {
        const { directory } = store;
        await execGit(['cat-file', '-e', `${head}^{commit}`], { directory });
        return (await tryGit(['merge-base', '--is-ancestor', base, head], { directory })).exitCode === 0;
      }),
  };
}

/** What git writes goes to a folder of its own, which a daemon that was killed leaves to the next one to remove. */
async function withoutTraces<T>({ directory }: Store, work: (options: GitOptions) => Promise<T>): Promise<T> {
  const made = await mkdtemp(join(directory, 'quarantine-rehearsal-'));
  try {
    const objects = join(made, 'objects');
    await mkdir(objects);
    const env = {
      GIT_OBJECT_DIRECTORY: objects,
      GIT_ALTERNATE_OBJECT_DIRECTORIES: join(directory, 'objects'),
    };
    return await work({ directory, env });
  } finally {
    await rm(made, { recursive: true, force: true });
  }
}
