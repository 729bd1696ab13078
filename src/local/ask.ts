import { randomUUID } from 'node:crypto';
import { checkWish } from '../choice/wish.ts';
import { parseRepositorySettings, type RepositorySettings } from '../config/repository.ts';
import type { Settings } from '../config/settings.ts';
import { wantedOf } from '../config/wanted.ts';
import { type Ask, queueWishes, type Wish } from '../forge/wish.ts';
import { enqueue } from '../queue/enqueue.ts';
import type { Clock } from '../shared/clock.ts';
import { OrchError } from '../shared/errors.ts';
import type { Store } from '../store/open.ts';
import type { Request } from '../task/glossary.ts';
import {
  branchOf,
  fileOn,
  type LocalRepository,
  personOf,
  type Standing,
  standing,
  tryPersonGit,
} from './repository.ts';

export interface LocalAskOptions {
  store: Store;
  clock: Clock;
  settings: Settings;
  repository: LocalRepository;
}

const SETTINGS_FILE = '.github/orch.yml';

/** Queues what the person wants: from the branch that is checked out, unless a wish names another. */
export function localAsk(options: LocalAskOptions): Ask {
  const { store, clock, settings } = options;
  return async (wishes, place) => {
    if (place !== null) throw elsewhere();
    const bases = [...new Set(wishes.map(wish => wish.options.base))];
    const at = standing(options.repository);
    const [{ changed }, ...found] = await Promise.all([
      at,
      ...bases.map(base => findPlace(options, at, base)),
    ]);
    const notes = changed === 0 ? [] : [notCommitted(changed)];
    const queued = queueWishes(store, wishes, (wish, after) => {
      const request = requestOf(options, wish, found[bases.indexOf(wish.options.base)] as Place);
      return enqueue(store, request, clock.now(), settings.taskQueue.maxSize, after);
    });
    return queued.map(each => ({ ...each, notes }));
  };
}

/** Nobody is asked here whether whoever wants it may command there. */
function elsewhere(): OrchError {
  return new OrchError('E_USAGE', 'This daemon works at a desk, and takes no tasks for GitHub', {
    remedy: 'Ask without a repository, or ask the daemon of the GitHub App: orch serve.',
  });
}

/** What all wishes from one branch share. */
interface Place {
  base: string;
  own: RepositorySettings;
  person: string;
}

async function findPlace(
  { settings, repository }: LocalAskOptions,
  at: Promise<Standing>,
  asked?: string,
): Promise<Place> {
  const [here, { name }, text] = await Promise.all([
    asked ?? at.then(found => branchOf(repository, found)),
    personOf(repository),
    fileOn(repository, asked ?? null, SETTINGS_FILE),
  ]);
  const own = readOwn(text ?? '', here, settings);
  const base = asked ?? own.base ?? here;
  // The one that is checked out is there.
  if (asked !== undefined || base !== here) await requireBranch(repository, base);
  return { base, own, person: name };
}

function requestOf(
  { settings, repository }: LocalAskOptions,
  { instruction, options, contextFiles, source }: Wish,
  { base, own, person }: Place,
): Request {
  checkWish(settings.profiles, own.agents, options);
  const correlation = randomUUID();
  return {
    repository: repository.name,
    repositoryId: 1,
    installation: 0,
    issue: 0,
    onPullRequest: false,
    headSha: null,
    source: source ?? `desk:${correlation}`,
    comment: null,
    requester: person,
    requesterId: 0,
    instruction,
    issueTitle: '',
    issueBody: '',
    conversation: '[]',
    ...wantedOf(options, own, settings),
    base,
    settings: JSON.stringify(own),
    contextFiles,
    correlation,
  };
}

/** The repository's settings. Errors: E_REPOSITORY_SETTINGS. */
function readOwn(text: string, branch: string, settings: Settings): RepositorySettings {
  const parsed = parseRepositorySettings(text, settings);
  if (parsed.ok) return parsed.settings;
  const list = parsed.problems.map(({ line, message }) => `line ${line}: ${message}`);
  throw new OrchError('E_REPOSITORY_SETTINGS', `${SETTINGS_FILE} on ${branch}: ${list.join('; ')}`);
}

async function requireBranch({ top }: LocalRepository, branch: string): Promise<void> {
  const found = await tryPersonGit(top, ['show-ref', '--verify', '--quiet', `refs/heads/${branch}`]);
  if (found.exitCode === 0) return;
  const remedy = 'See those that are there with: git branch';
  throw new OrchError('E_UNKNOWN_BASE', `There is no branch \`${branch}\``, { remedy });
}

function notCommitted(count: number): string {
  const files =
    count === 1 ? 'One file is changed and not committed' : `${count} files are changed and not committed`;
  return `${files}: the agent starts from the last commit.`;
}
