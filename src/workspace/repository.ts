import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Remote } from '../forge/remote.ts';
import { shellQuote } from '../shared/text.ts';
import { sparsePatterns } from './sparse.ts';
import type { Store } from './store.ts';

interface Person {
  name: string;
  email: string;
}

export interface RepositoryPlan {
  store: Store;
  remote: Remote;
  /** The task's branch, which the worktree has checked out. */
  branch: string;
  /** Where the branch begins: the base, or the branch's tip on GitHub. */
  start: string;
  base: { branch: string; sha: string };
  /** Whose the commits are. */
  identity: Person;
  /** Named in a trailer of every commit. */
  coauthor: Person | null;
  /** Directories to check out beside the files at the top; none means everything. */
  sparse: readonly string[];
}

/**
 * Writes a bare repository that borrows its objects from the store. Plain files: starting git for each of them would
 * take longer than all the rest of a small workspace.
 */
export async function writeRepository(
  directory: string,
  plan: RepositoryPlan & { ignored: readonly string[] },
): Promise<void> {
  const folders = ['objects/info', 'objects/pack', 'refs/heads', 'refs/remotes/origin', 'info', 'hooks'];
  await Promise.all(folders.map(folder => mkdir(join(directory, folder), { recursive: true })));
  const files: [string, string, number?][] = [
    ['HEAD', `ref: refs/heads/${plan.base.branch}\n`],
    ['config', config(plan)],
    ['refs/remotes/origin/HEAD', `ref: refs/remotes/origin/${plan.base.branch}\n`],
    ['packed-refs', packedRefs(plan)],
    ['objects/info/alternates', `${join(plan.store.directory, 'objects')}\n`],
    ['info/exclude', plan.ignored.map(file => `/${escapePattern(file)}\n`).join('')],
  ];
  if (plan.sparse.length > 0) files.push(['info/sparse-checkout', sparsePatterns(plan.sparse)]);
  if (plan.coauthor) files.push(['hooks/prepare-commit-msg', trailerHook(plan.coauthor), 0o755]);
  await Promise.all(files.map(([name, text, mode]) => writeFile(join(directory, name), text, { mode })));
}

function config(plan: RepositoryPlan): string {
  const { url } = plan.remote;
  const lines = [
    '[core]',
    'repositoryformatversion = 0',
    'bare = true',
    'logAllRefUpdates = true',
    ...(plan.sparse.length > 0 ? ['sparseCheckout = true', 'sparseCheckoutCone = true'] : []),
    // Else git would take the files of `startup.ts` for changed ones as soon as it sees them.
    '[sparse]',
    'expectFilesOutsideOfPatterns = true',
    '[gc]',
    'auto = 0',
    // The commits are the App's: a key of the user that Orch runs as would not fit them, or not be at hand.
    '[commit]',
    'gpgSign = false',
    '[tag]',
    'gpgSign = false',
    '[user]',
    `name = ${quote(plan.identity.name)}`,
    `email = ${quote(plan.identity.email)}`,
    '[push]',
    'default = current',
    'gpgSign = false',
    '[branch]',
    'autoSetupMerge = false',
    '[remote "origin"]',
    `url = ${quote(url)}`,
    'fetch = +refs/heads/*:refs/remotes/origin/*',
    // Pushes, and only these, go to git-remote-orch; an own pushurl would break relative submodules and gh.
    `[url ${quote(`orch::${url}`)}]`,
    `pushInsteadOf = ${quote(url)}`,
  ];
  return `${lines.join('\n')}\n`;
}

function packedRefs({ branch, start, base }: RepositoryPlan): string {
  const refs: Record<string, string> = {
    [`refs/heads/${base.branch}`]: base.sha,
    [`refs/remotes/origin/${base.branch}`]: base.sha,
    [`refs/heads/${branch}`]: start,
  };
  // A branch that begins beyond the base is on GitHub already.
  if (start !== base.sha) refs[`refs/remotes/origin/${branch}`] = start;
  return Object.entries(refs)
    .map(([ref, sha]) => `${sha} ${ref}\n`)
    .join('');
}

// prepare-commit-msg, since --no-verify skips commit-msg.
function trailerHook(coauthor: Person): string {
  const trailer = `Co-authored-by: ${coauthor.name} <${coauthor.email}>`.replace(/[\r\n]+/g, ' ');
  return `#!/bin/sh
exec git interpret-trailers --in-place --if-exists addIfDifferent --trailer ${shellQuote(trailer)} "$1"
`;
}

function quote(value: string): string {
  const escaped = value.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\t', '\\t');
  return `"${escaped}"`;
}

/** For a line of git's exclude file. */
export function escapePattern(file: string): string {
  return file.replace(/[\\*?[]/g, '\\$&').replace(/ $/, '\\ ');
}
