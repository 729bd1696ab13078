import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Remote } from '../forge/remote.ts';
import { OrchError } from '../shared/errors.ts';
import { execGit, gitFailure, HEADS, tryGit, tryRemoteGit } from './git.ts';

/** The daemon's own bare repository of a remote. Nothing in it is ever deleted by git: workspaces borrow its objects. */
export interface Store {
  readonly directory: string;
  /** Fetches that have not begun, by what they fetch: who asks meanwhile shares them. */
  readonly waiting: Map<string, Promise<void>>;
  /** Ends when the last fetch ends, however it ends. */
  last: Promise<void>;
}

export interface Stores {
  /** The store of a remote, made when it is first asked for. */
  of(remote: Remote): Promise<Store>;
}

/** The stores under `${home}/stores/<host>/<owner>/<name>.git`, one object for each, so that fetches can take turns. */
export function openStores(home: string): Stores {
  const stores = new Map<string, Promise<Store>>();
  return {
    of(remote) {
      const directory = storeDirectory(home, remote);
      const store = stores.get(directory) ?? openStore(directory);
      stores.set(directory, store);
      store.catch(() => stores.delete(directory));
      return store;
    },
  };
}

/**
 * Fetches all branches, and the heads of the pull requests named, with the default branch beside them. Fetches of one store take turns; callers that wait
 * for the same share one. Errors: E_UNKNOWN_BASE (no such pull request), E_PROGRAM_FAILED (network, authorization).
 */
export function fetchStore(
  store: Store,
  remote: Remote,
  { pulls = [] }: { pulls?: readonly number[] } = {},
): Promise<void> {
  const heads = pulls.map(number => `+refs/pull/${number}/head:${pullRef(number)}`);
  const refspecs = [HEADS, ...(heads.length > 0 ? [`+HEAD:${DEFAULT}`] : []), ...heads];
  const key = refspecs.join(' ');
  const shared = store.waiting.get(key);
  if (shared) return shared;
  const fetched = store.last.then(() => {
    store.waiting.delete(key);
    return fetchNow(store, remote, refspecs);
  });
  store.waiting.set(key, fetched);
  store.last = fetched.catch(() => {});
  return fetched;
}

/**
 * The commit of a fetched branch, of a pull request's head, or of the default branch as it was fetched beside that.
 * Errors: E_EMPTY_REPOSITORY, E_UNKNOWN_BASE.
 */
export async function resolve(
  store: Store,
  base: { branch: string } | { pull: number } | 'default',
): Promise<string> {
  const ref =
    base === 'default'
      ? DEFAULT
      : 'branch' in base
        ? `refs/remotes/origin/${base.branch}`
        : pullRef(base.pull);
  // show-ref takes whole names only: no `main~3`, no `main@{1}`.
  const shown = await tryGit(['show-ref', '--verify', '--hash', ref], { directory: store.directory });
  if (shown.exitCode === 0) return shown.stdout;
  const any = await execGit(['for-each-ref', '--count=1', 'refs/remotes/origin'], {
    directory: store.directory,
  });
  if (any === '') throw new OrchError('E_EMPTY_REPOSITORY', 'The repository has no commits yet.');
  if (base === 'default') throw new OrchError('E_UNKNOWN_BASE', 'There is no default branch.');
  const name = 'branch' in base ? `branch \`${base.branch}\`` : `pull request #${base.pull}`;
  throw new OrchError('E_UNKNOWN_BASE', `There is no ${name}.`);
}

/** Where these branches were when they were fetched last; the ones that weren't there are missing. */
export async function tips({ directory }: Store, branches: readonly string[]): Promise<Map<string, string>> {
  const refs = new Map(branches.map(branch => [`refs/remotes/origin/${branch}`, branch]));
  const lines = await execGit(['for-each-ref', '--format=%(objectname) %(refname)', ...refs.keys()], {
    directory,
  });
  const found = lines.split('\n').flatMap(line => {
    const [sha = '', ref = ''] = line.split(' ');
    // A pattern also finds the refs below it.
    const branch = refs.get(ref);
    return branch === undefined ? [] : [[branch, sha] as const];
  });
  return new Map(found);
}

function storeDirectory(home: string, remote: Remote): string {
  // GitHub's names know no case. A port's colon would separate entries in git's list of object directories.
  const parts = [remote.host.replaceAll(':', '+'), ...remote.name.split('/')].map(part => part.toLowerCase());
  if (parts.length !== 3 || parts.some(part => !/^[\w.+-]+$/.test(part) || /^\.+$/.test(part))) {
    throw new OrchError('E_USAGE', `${remote.host}/${remote.name} is no repository's name.`);
  }
  return join(home, 'stores', ...parts.slice(0, 2), `${parts[2]}.git`);
}

async function openStore(directory: string): Promise<Store> {
  await removeHalfDone(directory);
  if (!existsSync(directory)) await createStore(directory);
  return { directory, waiting: new Map(), last: Promise.resolve() };
}

/** What a daemon that was killed was about to make: another store, and packs that it was reading. */
async function removeHalfDone(directory: string): Promise<void> {
  const [folder, name] = [dirname(directory), basename(directory)];
  const stores = (await tryList(folder)).filter(
    entry => entry.startsWith(`${name}.new-`) && !entry.endsWith('.git'),
  );
  const packs = (await tryList(directory)).filter(entry => entry.startsWith('quarantine-'));
  const paths = [...stores.map(entry => join(folder, entry)), ...packs.map(entry => join(directory, entry))];
  await Promise.all(paths.map(path => rm(path, { recursive: true, force: true })));
}

async function tryList(folder: string): Promise<string[]> {
  return existsSync(folder) ? await readdir(folder) : [];
}

// Made beside its place and moved there, so that a crash never leaves half a store.
async function createStore(directory: string): Promise<void> {
  await mkdir(dirname(directory), { recursive: true, mode: 0o700 });
  const made = await mkdtemp(`${directory}.new-`);
  try {
    await execGit(['init', '-q', '--bare', '--template=', made]);
    await execGit(['config', 'gc.auto', '0'], { directory: made });
    await rename(made, directory);
  } catch (error) {
    await rm(made, { recursive: true, force: true });
    throw error;
  }
}

async function fetchNow(store: Store, remote: Remote, refspecs: readonly string[]): Promise<void> {
  const args = [
    'fetch',
    '--quiet',
    '--prune',
    '--no-tags',
    '--no-recurse-submodules',
    '--no-write-fetch-head',
    'origin',
    ...refspecs,
  ];
  const result = await tryRemoteGit(args, remote, { directory: store.directory });
  if (result.exitCode === 0) return;
  const missing = /couldn't find remote ref refs\/pull\/(\d+)\/head/.exec(result.stderr)?.[1];
  if (missing) throw new OrchError('E_UNKNOWN_BASE', `There is no pull request #${missing}.`);
  throw gitFailure(args, result);
}

/** Fetches a ref that is no branch, kept under the same name, and gives its commit; null when it is not there. Errors: E_PROGRAM_FAILED. */
export async function fetchRef(store: Store, remote: Remote, ref: string): Promise<string | null> {
  const args = [
    'fetch',
    '--quiet',
    '--no-tags',
    '--no-recurse-submodules',
    '--no-write-fetch-head',
    'origin',
  ];
  const result = await tryRemoteGit([...args, `+${ref}:${ref}`], remote, { directory: store.directory });
  if (result.exitCode === 0)
    return await execGit(['rev-parse', '--verify', `${ref}^{commit}`], { directory: store.directory });
  if (/couldn't find remote ref/.test(result.stderr)) return null;
  throw gitFailure(args, result);
}

/** What GitHub's HEAD leads to. */
const DEFAULT = 'refs/orch/default';

function pullRef(number: number): string {
  return `refs/orch/pulls/${number}`;
}
