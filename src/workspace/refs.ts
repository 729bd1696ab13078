import { OrchError } from '../shared/errors.ts';
import { execGit, tryGit } from './git.ts';
import type { Store } from './store.ts';

/** Where the store keeps what belongs to a run: `refs/orch/runs/T42.1/base`. */
export function runRef(run: string, name: 'base' | 'start' | 'head'): string {
  return `${runRefs(run)}/${name}`;
}

/** Commits that are nowhere else, kept for people: `refs/orch/rescue/T42.1`. */
export async function rescueRef(store: Store, run: string, sha: string): Promise<string> {
  const ref = `refs/orch/rescue/${checkRun(run)}`;
  await execGit(['update-ref', ref, sha], { directory: store.directory });
  return ref;
}

/** The last commits taken from the run, or null. */
export async function runHead(store: Store, run: string): Promise<string | null> {
  const shown = await tryGit(['show-ref', '--verify', '--hash', runRef(run, 'head')], {
    directory: store.directory,
  });
  return shown.exitCode === 0 ? shown.stdout : null;
}

/** Sets several refs of a run in one process. */
export async function pin(
  store: Store,
  run: string,
  shas: Partial<Record<'base' | 'start' | 'head', string>>,
): Promise<void> {
  const lines = Object.entries(shas).map(([name, sha]) => `update ${runRef(run, name as 'base')} ${sha}\n`);
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
