import { spawn } from 'node:child_process';
import { accessSync, constants, lstatSync } from 'node:fs';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import type { Io } from './broker-client.ts';
import { ended } from './git.ts';

export interface Snapshot {
  /** The top of the worktree. */
  tree: string;
  /** A commit of the whole tree on what is checked out; the same state is the same commit. */
  sha: string;
  /** Files that are as they were committed, or not there, each with the reason. */
  leftOut: string[];
}

/** What one snapshot may hold of uncommitted files: sources, not what was downloaded or built. */
const MOST = { fileBytes: 20 * 1024 * 1024, bytes: 100 * 1024 * 1024, files: 3000 };

/**
 * Commits the worktree, changed and new files with it, by an index of its own: index, branch and files stay as they
 * are. What git ignores stays out, and so do files that are too large, too many, or can't be read. `branch` stands in
 * where nothing is checked out.
 */
export async function snapshot(
  { cwd, env }: Pick<Io, 'cwd' | 'env'>,
  branch: string,
  most = MOST,
): Promise<Snapshot> {
  const tree = await one({ cwd, env }, 'rev-parse', '--show-toplevel');
  const here = { cwd: tree, env };
  const parent = await one(here, 'rev-parse', '--verify', '--quiet', 'HEAD^{commit}').catch(() =>
    one(here, 'rev-parse', '--verify', `refs/heads/${branch}^{commit}`),
  );
  const folder = await mkdtemp(join(await one(here, 'rev-parse', '--absolute-git-dir'), 'checkpoint-'));
  try {
    const apart = { cwd: tree, env: { ...env, ...NOBODY, GIT_INDEX_FILE: join(folder, 'index') } };
    const { removed, kept, leftOut } = choose(tree, await findChanges(here, apart, parent), most);
    await git(apart, ['update-index', '--force-remove', '-z', '--stdin'], removed);
    await git(apart, ['update-index', '--add', '--replace', '-z', '--stdin'], kept);
    const whole = await one(apart, 'write-tree');
    return { tree, sha: await one(apart, 'commit-tree', '-p', parent, '-m', 'Checkpoint', whole), leftOut };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Who snapshots are by. Neither person nor time: by its name a snapshot tells whether anything has changed. */
export const NOBODY = Object.fromEntries(
  ['AUTHOR', 'COMMITTER'].flatMap(who => [
    [`GIT_${who}_NAME`, 'Orch'],
    [`GIT_${who}_EMAIL`, 'orch@localhost'],
    [`GIT_${who}_DATE`, '@0 +0000'],
  ]),
);

interface Place {
  cwd: string;
  env: NodeJS.ProcessEnv;
}

interface Change {
  /** As git tells it, byte for byte. */
  path: Buffer;
  isGone: boolean;
}

/** What is not as in the index; the snapshot's index stands as the agent's own afterwards. */
async function findChanges(here: Place, apart: Place, parent: string): Promise<Change[]> {
  const index = apart.env.GIT_INDEX_FILE as string;
  const list = async () => {
    const changed = await git(apart, ['diff-files', '--name-status', '-z', '--ignore-submodules=dirty']);
    const added = await git(apart, ['ls-files', '-z', '--others', '--exclude-standard']);
    return [...pairs(changed), ...words(added).map(path => ({ path, isGone: false }))];
  };
  try {
    // The agent's own knows which files have not changed, and which are none of its business.
    await copyFile(resolve(here.cwd, await one(here, 'rev-parse', '--git-path', 'index')), index);
    return await list();
  } catch {
    await rm(index, { force: true });
    await git(apart, ['read-tree', parent]);
    return await list();
  }
}

function pairs(listed: Buffer): Change[] {
  const found = words(listed);
  return found.flatMap((path, at) =>
    at % 2 === 0 ? [] : [{ path, isGone: found[at - 1]?.toString() === 'D' }],
  );
}

function words(listed: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let from = 0, end = listed.indexOf(0); end >= 0; from = end + 1, end = listed.indexOf(0, from))
    found.push(listed.subarray(from, end));
  return found;
}

function choose(tree: string, changes: readonly Change[], most: typeof MOST) {
  const [removed, kept, leftOut]: [Buffer[], Buffer[], string[]] = [[], [], []];
  let bytes = 0;
  for (const { path, isGone } of changes) {
    const found = isGone
      ? 'gone'
      : look(tree, path, most, { bytes: most.bytes - bytes, files: most.files - kept.length });
    if (found === 'gone') removed.push(path);
    else if (typeof found === 'string') leftOut.push(`${path} (${found})`);
    else {
      kept.push(path);
      bytes += found.size;
    }
  }
  return { removed: lines(removed), kept: lines(kept), leftOut };
}

/** What of a file's contents there is to keep, `gone`, or why it is left out. */
function look(
  tree: string,
  path: Buffer,
  most: typeof MOST,
  room: Pick<typeof MOST, 'bytes' | 'files'>,
): { size: number } | string {
  if (path.at(-1) === SLASH) return 'a repository of its own';
  if (room.files <= 0) return 'too many files';
  const full = Buffer.concat([Buffer.from(`${tree}/`), path]);
  try {
    const found = lstatSync(full);
    if (found.isDirectory() || found.isSymbolicLink()) return { size: 0 };
    if (!found.isFile()) return 'no file';
    if (found.size > most.fileBytes) return `${Math.ceil(found.size / 1024 / 1024)} MB`;
    if (found.size > room.bytes) return 'too much in all';
    accessSync(full, constants.R_OK);
    return { size: found.size };
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'gone' : 'not to be read';
  }
}

const SLASH = '/'.charCodeAt(0);

function lines(paths: readonly Buffer[]): Buffer {
  return Buffer.concat(paths.flatMap(path => [path, END]));
}

const END = Buffer.from([0]);

// Hooks and monitors have no say in it.
const SETTINGS = ['core.hooksPath=/dev/null', 'core.fsmonitor=false', 'core.splitIndex=false'].flatMap(
  setting => ['-c', setting],
);

async function git({ cwd, env }: Place, args: readonly string[], input?: Buffer): Promise<Buffer> {
  const child = spawn('git', [...SETTINGS, ...args], { cwd, env, stdio: ['pipe', 'pipe', 'pipe'] });
  // It says itself why it ended early.
  child.stdin.on('error', () => {}).end(input);
  const [stdout, stderr] = await Promise.all([buffer(child.stdout), text(child.stderr), ended(child)]);
  if (child.exitCode !== 0) throw new Error(stderr.trim() || `git ${args[0]} failed`);
  return stdout;
}

async function one(place: Place, ...args: string[]): Promise<string> {
  return (await git(place, args)).toString().replace(/\n$/, '');
}
