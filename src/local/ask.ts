import { randomUUID } from 'node:crypto';
import { checkWish } from '../choice/wish.ts';
import { budgetOf } from '../config/budgets.ts';
import { parseRepositorySettings, type RepositorySettings } from '../config/repository.ts';
import type { Settings } from '../config/settings.ts';
import type { Ask } from '../forge/wish.ts';
import { enqueue } from '../queue/enqueue.ts';
import type { Clock } from '../shared/clock.ts';
import { OrchError } from '../shared/errors.ts';
import type { Store } from '../store/open.ts';
import { currentBranch, fileOn, type LocalRepository, personOf, tryPersonGit } from './repository.ts';

export interface LocalAskOptions {
  store: Store;
  clock: Clock;
  settings: Settings;
  repository: LocalRepository;
}

const SETTINGS_FILE = '.github/orch.yml';

/** Queues what the person wants: from the branch that is checked out, unless it names another. */
export function localAsk({ store, clock, settings, repository }: LocalAskOptions): Ask {
  return async ({ instruction, options, contextFiles, source }) => {
    const here = options.base ?? (await currentBranch(repository));
    const own = await settingsOn(repository, here, settings);
    checkWish(settings.profiles, own.agents, options);
    const base = options.base ?? own.base ?? here;
    const [person, changed] = await Promise.all([
      personOf(repository),
      changedFiles(repository),
      requireBranch(repository, base),
    ]);
    const correlation = randomUUID();
    const request = {
      repository: repository.name,
      repositoryId: 1,
      installation: 0,
      issue: 0,
      onPullRequest: false,
      headSha: null,
      source: source ?? `desk:${correlation}`,
      comment: null,
      requester: person.name,
      requesterId: 0,
      instruction,
      issueTitle: '',
      issueBody: '',
      conversation: '[]',
      agent: options.agent ?? null,
      capabilities: options.capabilities ?? [],
      model: options.model ?? null,
      priority: options.priority ?? settings.taskQueue.defaultPriority,
      timeoutSeconds:
        options.timeoutSeconds ?? own.timeoutSeconds ?? settings.taskQueue.defaultTimeoutMinutes * 60,
      ...budgetOf(options.budget, own.budget, settings.budgets.task),
      base,
      settings: JSON.stringify(own),
      contextFiles,
      correlation,
    };
    const enqueued = enqueue(store, request, clock.now(), settings.taskQueue.maxSize, options.after);
    return { ...enqueued, notes: changed === 0 ? [] : [notCommitted(changed)] };
  };
}

async function settingsOn(
  repository: LocalRepository,
  branch: string,
  settings: Settings,
): Promise<RepositorySettings> {
  const parsed = parseRepositorySettings((await fileOn(repository, branch, SETTINGS_FILE)) ?? '', settings);
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

/** How many files the person has changed and not committed; a broken index is no reason to refuse a task. */
async function changedFiles({ top }: LocalRepository): Promise<number> {
  const { exitCode, stdout } = await tryPersonGit(top, ['status', '--porcelain', '--untracked-files=no']);
  return exitCode === 0 && stdout !== '' ? stdout.split('\n').length : 0;
}

function notCommitted(count: number): string {
  const files =
    count === 1 ? 'One file is changed and not committed' : `${count} files are changed and not committed`;
  return `${files}: the agent starts from the last commit.`;
}
