import { OrchError } from '../shared/errors.ts';
import { execGit, tryGit } from './git.ts';
import type { Store } from './store.ts';

/** What the store keeps of a run: `refs/orch/runs/T42.1/base` and so on. */
type Pin = 'base' | 'start' | 'head';

/** Commits that are nowhere else, kept for people: `refs/orch/rescue/T42.1`. */
export async function rescueRef(store: Store, run: string, sha: string): Promise<string> {
  const ref = `refs/orch/rescue/${checkRun(run)}`;
  await setRef(store, ref, sha);
  return ref;
}

/** Commits that must not reach GitHub, kept for people: `refs/orch/refused/T42.1`. */
export async function refusedRef(store: Store, run: string, sha: string): Promise<string> {
  const ref = `refs/orch/refused/${checkRun(run)}`;
  await setRef(store, ref, sha);
  return ref;
}

/** A snapshot of a worktree: `refs/orch/checkpoints/T42/1`. */
export function checkpointRef(task: number, number: number): string {
  return `refs/orch/checkpoints/T${task}/${number}`;
}

/** Takes away the refs of snapshots up to the newest that is kept, but for those that are. */
export async function dropCheckpoints(
  { directory }: Store,
  task: number,
  kept: readonly number[],
): Promise<void> {
  const folder = checkpointRef(task, 0).slice(0, -1);
  const refs = await execGit(['for-each-ref', '--format=%(refname)', folder], { directory });
  // One that is newer is just being made.
  const isOld = (number: number) => number < Math.max(...kept) && !kept.includes(number);
  const old = refs.split('\n').filter(ref => ref !== '' && isOld(Number(ref.slice(folder.length))));
  if (old.length === 0) return;
  const input = old.map(ref => `delete ${ref}\n`).join('');
  await execGit(['update-ref', '--stdin'], { directory, input });
}

export async function setRef({ directory }: Store, ref: string, sha: string): Promise<void> {
  await execGit(['update-ref', ref, sha], { directory });
}

/** The last commits taken from the run, or null. */
export function runHead(store: Store, run: string): Promise<string | null> {
  return tryShow(store, run, 'head');
}

/** The last commits of the run that must not reach the forge, or null. */
export function refusedHead(store: Store, run: string): Promise<string | null> {
  return tryRef(store, `refs/orch/refused/${checkRun(run)}`);
}

/** The base that the run's workspace was made from, or null before it was. */
export function runBase(store: Store, run: string): Promise<string | null> {
  return tryShow(store, run, 'base');
}

/** Where the run's workspace began, or null before it was made. */
export function runStart(store: Store, run: string): Promise<string | null> {
  return tryShow(store, run, 'start');
}

function tryShow(store: Store, run: string, name: Pin): Promise<string | null> {
  return tryRef(store, `${runRefs(run)}/${name}`);
}

async function tryRef({ directory }: Store, ref: string): Promise<string | null> {
  const shown = await tryGit(['show-ref', '--verify', '--hash', ref], { directory });
  return shown.exitCode === 0 ? shown.stdout : null;
}

/** Sets refs of a run, all in one process. */
export async function pin(store: Store, run: string, shas: Partial<Record<Pin, string>>): Promise<void> {
  const lines = Object.entries(shas).map(([name, sha]) => `update ${runRefs(run)}/${name} ${sha}\n`);
  await execGit(['update-ref', '--stdin'], { directory: store.directory, input: lines.join('') });
}

export async function unpin(store: Store, run: string): Promise<void> {
  const format = '--format=delete %(refname)';
  const lines = await execGit(['for-each-ref', format, runRefs(run)], { directory: store.directory });
  if (lines === '') return;
  await execGit(['update-ref', '--stdin'], { directory: store.directory, input: `${lines}\n` });
}

/** Run names become paths and refs. */
export function checkRun(run: string): string {
  if (!/^T\d+\.\d+$/.test(run)) throw new OrchError('E_USAGE', `${run} is no run.`);
  return run;
}

function runRefs(run: string): string {
  return `refs/orch/runs/${checkRun(run)}`;
}
