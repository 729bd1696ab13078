import type { BareRepository, Commit, Person } from '../../../src/simulator/git/repository.ts';

/** Commits by their parents: all that the histories of a simulation are about. One graph for GitHub, store and agents. */
export class Graph {
  readonly #parents = new Map<string, readonly string[]>();

  make(parents: readonly string[]): string {
    const sha = (this.#parents.size + 0xc0ffee).toString(16).padStart(40, '0');
    this.#parents.set(sha, parents);
    return sha;
  }

  parents(sha: string): readonly string[] {
    return this.#parents.get(sha) ?? [];
  }

  /** The commit and all before it, the newest first. */
  history(sha: string, seen = new Set<string>()): Set<string> {
    if (!seen.has(sha)) {
      seen.add(sha);
      for (const parent of this.parents(sha)) this.history(parent, seen);
    }
    return seen;
  }

  isAncestor(old: string, young: string): boolean {
    return this.history(young).has(old);
  }
}

const NOBODY: Person = { name: 'somebody', email: 'somebody@example.org', date: 0 };

/** Stands in for a bare repository of the simulated GitHub: refs and commits in memory, files there are none. */
export function memoryRepository(graph: Graph): BareRepository {
  const refs = new Map<string, string>();
  const objects = new Set<string>();
  const commitOf = (sha: string): Commit => ({
    sha,
    tree: sha,
    parents: [...graph.parents(sha)],
    author: NOBODY,
    committer: NOBODY,
    message: 'Change files',
  });
  const resolve = (name: string) =>
    refs.get(`refs/heads/${name}`) ?? refs.get(name) ?? (objects.has(name) ? name : null);
  const take = (sha: string) => {
    for (const each of graph.history(sha)) objects.add(each);
  };
  const repository: Partial<Record<keyof BareRepository, unknown>> = {
    path: '/memory',
    // Which files changed, and by how much, is nobody's question here.
    run: async () => '',
    refs: async (prefix = 'refs/') => new Map([...refs].filter(([ref]) => ref.startsWith(prefix))),
    resolve: async (name: string) => resolve(name),
    look: async (name: string) => ({ commit: resolve(name), isThere: false }),
    entry: async () => null,
    commit: async (sha: string) => commitOf(sha),
    commits: async ([tip = '', ...rest]: string[]) => {
      const known = new Set(rest.flatMap(name => [...graph.history(name.slice(1))]));
      return [...graph.history(tip)].filter(sha => !known.has(sha)).map(commitOf);
    },
    exists: async (sha: string) => objects.has(sha),
    isAncestor: async (old: string, young: string) => graph.isAncestor(old, young),
    mergeBase: async (one: string, other: string) => {
      const known = graph.history(other);
      return [...graph.history(one)].find(sha => known.has(sha)) ?? null;
    },
    mergedTree: async (_base: string, head: string) => head,
    commitTree: async (_tree: string, parents: string[]) => graph.make(parents),
    setRef: async (ref: string, sha: string | null) => {
      if (sha === null) refs.delete(ref);
      else refs.set(ref, sha);
      if (sha !== null) take(sha);
    },
  };
  return repository as BareRepository;
}
