import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { OrchError } from '../shared/errors.ts';
import { stripControl } from '../shared/text.ts';
import { type GitOptions, tryGit } from './git.ts';
import { type PushRules, tryCheckPush } from './push/rules.ts';
import { pin, refusedRef, setRef } from './refs.ts';
import type { Store } from './store.ts';

export interface Landing {
  /** `T42.1`. */
  run: string;
  /** The pack as the agent's git made it; may be thin, may be empty. */
  pack: Readable;
  /** The commit that the pack is to complete. */
  sha: string;
  maxBytes: number;
  /** The ref that keeps it; the run's own head unless told. */
  ref?: string;
  /** What is to reach GitHub keeps to rules. Without them it is only kept. */
  check?: {
    rules: PushRules;
    base: string;
    /** The branch's tip on GitHub. */
    head: string | null;
    /** The branch that it is to be merged into. */
    target: string;
    /** Fetches what GitHub has by now: commits that others have pushed are not the agent's. */
    refetch(): Promise<void>;
    /** Keeps what is refused as `refs/orch/refused/<run>`: nobody will push again. */
    isLast: boolean;
  };
}

/**
 * Takes an agent's commits into the store and pins them as `refs/orch/runs/<run>/head`, or as told. They are read by git's own
 * checks in a quarantine; what is refused never reaches the store, but for the last that a run has to give.
 * Errors: E_PUSH_REFUSED with the reason.
 */
export async function receivePack(
  store: Store,
  { run, pack, sha, maxBytes, ref, check: checked }: Landing,
): Promise<void> {
  const quarantine = await mkdtemp(join(store.directory, 'quarantine-'));
  try {
    await mkdir(join(quarantine, 'pack'));
    const git = { directory: store.directory, env: quarantineEnvironment(store, quarantine), most: MOST };
    // --strict is what receive-pack uses with receive.fsckObjects: broken or dangerous objects are refused.
    const index = ['index-pack', '--stdin', '--fix-thin', '--strict', `--max-input-size=${maxBytes}`];
    await check(tryGit(index, { ...git, input: pack }));
    await checkCommit(git, sha);
    await check(tryGit(['rev-list', '--objects', '--quiet', sha, '--not', '--all'], git));
    // The next run checks it out: few objects can be a tree of more files than any disk has room for.
    await check(
      tryGit(['ls-tree', '-r', '--format=.', sha], git),
      `more than ${MOST_FILES} files, or too deep`,
    );
    const refusal = checked === undefined ? null : await ruling(git, sha, checked);
    if (refusal !== null && !checked?.isLast) throw refusal;
    await moveIn(quarantine, store);
    if (refusal !== null) throw await kept(store, run, sha, refusal);
    await (ref === undefined ? pin(store, run, { head: sha }) : setRef(store, ref, sha));
  } finally {
    await rm(quarantine, { recursive: true, force: true });
  }
}

const MOST_FILES = 1_000_000;
/** Git's answers are short, two bytes for each file of the tree at most. */
const MOST = { time: 600_000, output: 2 * MOST_FILES };

function quarantineEnvironment(store: Store, quarantine: string): Record<string, string> {
  const objects = join(store.directory, 'objects');
  return {
    GIT_OBJECT_DIRECTORY: quarantine,
    // The list is separated by colons, which quotes protect.
    GIT_ALTERNATE_OBJECT_DIRECTORIES: `"${objects.replace(/["\\]/g, '\\$&')}"`,
    // Of one object, or one table of them: a pack of a kilobyte can claim to hold gigabytes. GitHub takes files up to 100 MB.
    GIT_ALLOC_LIMIT: '256m',
  };
}

async function checkCommit(git: { directory: string; env: Record<string, string> }, sha: string) {
  const type = await check(tryGit(['cat-file', '-t', sha], git));
  if (type !== 'commit') throw new OrchError('E_PUSH_REFUSED', `${sha} is a ${type}, not a commit.`);
}

async function ruling(
  git: GitOptions,
  sha: string,
  { rules, base, head, target, refetch }: NonNullable<Landing['check']>,
): Promise<OrchError | null> {
  // Here git names each object: more of them than this prints are too many.
  const most = { ...MOST, output: 100 * 1024 * 1024 };
  const judge = () => tryCheckPush({ ...git, most }, { sha, base, head, target }, rules);
  if ((await judge()) === null) return null;
  await refetch();
  return await judge();
}

async function kept(store: Store, run: string, sha: string, refusal: OrchError): Promise<OrchError> {
  const ref = await refusedRef(store, run, sha);
  const message = `${refusal.message}. The commits are kept on the host as ${ref} in ${store.directory}`;
  return new OrchError('E_PUSH_REFUSED', message, { cause: refusal, remedy: refusal.remedy });
}

/** A git that was ended, or ended itself over what it read, has refused it too. */
async function check(
  running: ReturnType<typeof tryGit>,
  early = 'they are too large, or broken',
): Promise<string> {
  const { exitCode, stdout, stderr } = await running.catch(cause => {
    if (!(cause instanceof OrchError && cause.code === 'E_PROGRAM_FAILED')) throw cause;
    throw new OrchError('E_PUSH_REFUSED', `git gave the commits up: ${early}.`, { cause });
  });
  if (exitCode === 0) return stdout;
  const said = /^(?:error|fatal): (.*)$/m.exec(stripControl(stderr))?.[1] ?? `exit code ${exitCode}`;
  throw new OrchError('E_PUSH_REFUSED', `git refused the commits: ${said}`);
}

// An index makes its pack visible to others, so it comes last.
async function moveIn(quarantine: string, store: Store): Promise<void> {
  const names = await readdir(join(quarantine, 'pack'));
  names.sort((a, b) => Number(a.endsWith('.idx')) - Number(b.endsWith('.idx')));
  for (const name of names) {
    await rename(join(quarantine, 'pack', name), join(store.directory, 'objects', 'pack', name));
  }
}
