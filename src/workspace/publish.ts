import type { Remote } from '../forge/remote.ts';
import { shorten, stripControl } from '../shared/text.ts';
import { execGit, gitFailure, tryRemoteGit } from './git.ts';
import type { Store } from './store.ts';

export type PushResult =
  | { kind: 'pushed' }
  /** `exists`: a branch of that name is there though none was expected; `stale`: it is not where it was expected. */
  | { kind: 'rejected'; reason: 'exists' | 'stale' | 'protected' | 'other'; text: string };

/**
 * Pushes one commit of the store to one branch, if the branch stands where it is expected (null: nowhere).
 * Repeating a push that succeeded is a success. Errors: E_PROGRAM_FAILED (network, authorization).
 */
export async function pushBranch(
  store: Store,
  remote: Remote,
  { sha, branch, expected }: { sha: string; branch: string; expected: string | null },
): Promise<PushResult> {
  const ref = `refs/heads/${branch}`;
  const how = ['--no-follow-tags', `--force-with-lease=${ref}:${expected ?? ''}`];
  const { refused } = await pushRef(store, remote, { sha, ref, how });
  return refused === null
    ? { kind: 'pushed' }
    : { kind: 'rejected', reason: classify(refused, expected), text: refused };
}

/**
 * Pushes one commit of the store to a ref that is no branch, wherever that stands. Gives why the remote refuses it, or
 * null. Errors: E_PROGRAM_FAILED (network, authorization).
 */
export async function pushRescue(
  store: Store,
  remote: Remote,
  { sha, ref }: { sha: string; ref: string },
): Promise<string | null> {
  return (await pushRef(store, remote, { sha, ref, how: ['--no-follow-tags', '--force'] })).refused;
}

async function pushRef(
  store: Store,
  remote: Remote,
  { sha, ref, how }: { sha: string; ref: string; how: readonly string[] },
): Promise<{ refused: string | null }> {
  const args = ['push', '--porcelain', '--no-verify', ...how, 'origin', `${sha}:${ref}`];
  const result = await tryRemoteGit(args, remote, { directory: store.directory });
  const [status, , verdict = ''] =
    result.stdout
      .split('\n')
      .find(line => line.includes(`:${ref}\t`))
      ?.split('\t') ?? [];
  if (status === undefined) {
    const refused = reasonGiven('', result.stderr);
    // An archived repository, or a right that was taken away: asking again would not help.
    if (/returned error: 40[34]\b/.test(result.stderr)) return { refused };
    throw gitFailure(args, result);
  }
  return { refused: status === '!' ? reasonGiven(verdict, result.stderr) : null };
}

/** Where the branch stands on the remote, now; null when it is not there. Errors: E_PROGRAM_FAILED. */
export async function remoteBranch(remote: Remote, branch: string): Promise<string | null> {
  const ref = `refs/heads/${branch}`;
  const args = ['ls-remote', '--quiet', remote.url, ref];
  const result = await tryRemoteGit(args, remote);
  if (result.exitCode !== 0) throw gitFailure(args, result);
  // The argument is a pattern that also finds refs which merely end like it.
  const line = result.stdout.split('\n').find(each => each.endsWith(`\t${ref}`));
  return line?.split('\t')[0] ?? null;
}

export interface Commit {
  sha: string;
  subject: string;
  body: string;
}

/** The commits of `head` that `base` lacks, the oldest first. */
export async function commits(store: Store, base: string, head: string): Promise<Commit[]> {
  const format = '--format=%H%x00%s%x00%b%x00';
  const args = ['rev-list', '--reverse', '--no-commit-header', format, head, `^${base}`, '--'];
  const parts = (await execGit(args, { directory: store.directory })).split('\0');
  const found: Commit[] = [];
  for (let at = 0; at + 2 < parts.length; at += 3) {
    found.push({
      sha: (parts[at] ?? '').trim(),
      subject: parts[at + 1] ?? '',
      body: (parts[at + 2] ?? '').trim(),
    });
  }
  return found;
}

/** The files that `head` changed since it left `base`. */
export async function changedFiles(store: Store, base: string, head: string): Promise<string[]> {
  const args = ['diff-tree', '-r', '-z', '--name-only', '--no-renames', '--merge-base', base, head];
  return (await execGit(args, { directory: store.directory })).split('\0').filter(name => name !== '');
}

// What the server says beside its verdict is the reason; the rest of stderr are git's hints.
function reasonGiven(verdict: string, stderr: string): string {
  const said = stderr.split('\n').flatMap(line => /^remote: ?(.*)$/.exec(line)?.[1]?.trim() || []);
  const reason = verdict.replace(/^\[(?:remote )?rejected\] \((.*)\)$/, '$1');
  return shorten(stripControl([reason, ...said].join('\n')).trim(), 500);
}

// The last three are how a server tells that somebody else was faster between its two answers.
const MOVED =
  /^(stale info|fetch first|non-fast-forward)$|cannot lock ref|failed to update ref|already exists/m;

function classify(text: string, expected: string | null): 'exists' | 'stale' | 'protected' | 'other' {
  if (MOVED.test(text)) return expected === null ? 'exists' : 'stale';
  return /protected branch|rule violations|GH006|GH013/i.test(text) ? 'protected' : 'other';
}
