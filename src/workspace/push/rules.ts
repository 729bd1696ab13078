import { OrchError } from '../../shared/errors.ts';
import type { Secrets } from '../../shared/secrets/secrets.ts';
import { stripControl } from '../../shared/text.ts';
import { type GitOptions, tryGit } from '../git.ts';
import { type Change, changesOf, strayLinks, workflowChanges } from './changes.ts';
import { type NewObjects, newObjects, type ReadObject, readObjects } from './objects.ts';
import { secretSearch, tellHits } from './secrets.ts';

export interface PushRules {
  /** The most that one push may bring. `bytes` is what its objects take unpacked. */
  limits: { fileBytes: number; bytes: number; files: number; commits: number };
  /** Whether definitions for GitHub Actions may change. */
  workflows: boolean;
  secrets: Pick<Secrets, 'find'>;
}

export interface Range {
  sha: string;
  /** Where the task's branch began. */
  base: string;
  /** Its tip on GitHub. */
  head: string | null;
  /** The branch that it is to be merged into. */
  target: string;
}

/**
 * Reads all that a push would bring to GitHub, where it could not be taken back. The answer is null, or E_PUSH_REFUSED that
 * says what is where, and never the secret itself.
 */
export async function tryCheckPush(
  git: GitOptions,
  range: Range,
  rules: PushRules,
): Promise<OrchError | null> {
  try {
    await checkPush(git, range, rules);
    return null;
  } catch (error) {
    if (!(error instanceof OrchError)) throw error;
    if (error.code === 'E_PUSH_REFUSED') return error;
    // It was ended: by what it read, or since that took too long.
    if (error.code === 'E_PROGRAM_FAILED') return tooLarge('git gave it up');
    throw error;
  }
}

async function checkPush(git: GitOptions, range: Range, rules: PushRules): Promise<void> {
  const known = range.head === null ? [range.base] : [range.base, range.head];
  const objects = await newObjects(git, range.sha, known);
  checkCount('commits', objects.commits.length, rules.limits.commits);
  const changes = await changesOf(git, objects.commits);
  checkCount('changed files', new Set(changes.map(change => change.path)).size, rules.limits.files);
  if (!rules.workflows) await checkWorkflows(git, objects.commits, range);
  await checkLinks(git, changes);
  await checkContents(git, range, objects, rules);
}

function checkCount(what: string, count: number, most: number): void {
  if (count > most) throw tooLarge(`${count} ${what}, more than ${most}`);
}

/** They may be as they are where the branch began, and where its target is by now. */
async function checkWorkflows(git: GitOptions, commits: readonly string[], range: Range): Promise<void> {
  const ref = `refs/remotes/origin/${range.target}`;
  const tip = await tryGit(['show-ref', '--verify', '--hash', ref], git);
  const allowed = tip.exitCode === 0 ? [range.base, tip.stdout] : [range.base];
  const [workflow] = await workflowChanges(git, commits, allowed);
  if (!workflow) return;
  throw refused(
    [`commit ${name(workflow)} changes ${workflow.path}, which tells GitHub Actions what to run`],
    'Leave it as it is on the base branch in every commit. If the task asks for it, say in the pull request what a person shall change',
  );
}

async function checkLinks(git: GitOptions, changes: readonly Change[]): Promise<void> {
  const stray = await strayLinks(git, changes);
  if (stray.length > 0) {
    const list = stray.map(
      link => `commit ${name(link)} links ${link.path} to a place outside of the repository`,
    );
    throw refused(list, 'Use a relative link within the repository, or leave it out, in every commit');
  }
}

async function checkContents(
  git: GitOptions,
  range: Range,
  objects: NewObjects,
  rules: PushRules,
): Promise<void> {
  const { limits } = rules;
  const search = secretSearch(rules.secrets);
  let total = 0;
  const begin = (object: ReadObject) => {
    total += object.size;
    const megabytes = (bytes: number) => `${Math.ceil(bytes / MEGABYTE)} MB`;
    if (total > limits.bytes) throw tooLarge(`more than ${megabytes(limits.bytes)} in all`);
    if (object.size > limits.fileBytes) {
      const path = objects.paths.get(object.name);
      throw tooLarge(`${path} with ${megabytes(object.size)}, more than ${megabytes(limits.fileBytes)}`);
    }
    search.begin(object);
  };
  await readObjects(git, [...objects.commits, ...objects.paths.keys()], { ...search, begin });
  const told = await tellHits(git, search.hits, objects, range.base);
  if (told.length === 0) return;
  throw refused(
    told,
    'Take it out of every commit, for example by git reset --soft to the base and a new commit, then push again. A made-up example can be put together from parts when it is needed. If it is a real one, tell a person to revoke it',
  );
}

const MEGABYTE = 1024 * 1024;

function name({ commit }: Change): string {
  return commit.slice(0, 10);
}

function refused(list: readonly string[], remedy: string): OrchError {
  const shown = list.slice(0, 5).map(stripControl).join('; ');
  const more = list.length > 5 ? `; and ${list.length - 5} more` : '';
  return new OrchError('E_PUSH_REFUSED', `Orch does not take this push: ${shown}${more}`, {
    remedy: `${remedy}.`,
  });
}

function tooLarge(what: string): OrchError {
  return refused(
    [what],
    'Commit sources only: what is built, downloaded or generated belongs into .gitignore. Take the rest out of every commit, then push again',
  );
}
