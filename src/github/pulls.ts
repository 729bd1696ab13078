import type { RepositorySettings } from '../config/repository.ts';
import { type PullRequest, type PullText, recordPull } from '../forge/pulls.ts';
import { buildsOn, stackNote } from '../forge/stack.ts';
import type { Clock } from '../shared/clock.ts';
import { OrchError } from '../shared/errors.ts';
import { stripInvisible } from '../shared/invisible.ts';
import { fenced, isParagraph, quiet } from '../shared/markdown.ts';
import { shorten } from '../shared/text.ts';
import type { Store } from '../store/open.ts';
import { type Task, taskName } from '../task/glossary.ts';
import { type Github, githubMessage, hasStatus, isRefusal, type Octokit } from './client.ts';
import { marker, ownerAndName } from './comments.ts';
import { createOnce } from './once.ts';
import { refused } from './refusals.ts';

/** GitHub's limit is 65,536 characters; some are Orch's own. */
const BODY_LIMIT = 60_000;

export interface PullsOptions {
  store: Store;
  github: Github;
  clock: Clock;
}

/** Whether Orch itself has opened the task's pull request: from a branch that is there, anybody can open one. */
export function isOwnPull(store: Store, { id, pull, continues }: Task): boolean {
  const made = store.creations.ofKind(continues ?? id, 'pull');
  return pull !== null && made.some(({ remoteId }) => remoteId === pull);
}

/** Whether it can be the task's: from its branch there may be others, to elsewhere. */
export function fitsTask(task: Task, pull: { number: number; base: { ref: string } }): boolean {
  return pull.number === task.pull || pull.base.ref === task.target;
}

/**
 * Takes the task's pull request for Orch's own where a bot has opened it with Orch's mark: it was a job that carried out a run.
 * A person's is theirs, whatever stands in it. When the task was cancelled meanwhile it is closed again, as `open` does.
 */
export async function adoptPull({ store, github, clock }: PullsOptions, task: Task): Promise<void> {
  if (task.pull === null || isOwnPull(store, task)) return;
  const octokit = await github.octokit(task.installation, task.repositoryId);
  const where = { ...ownerAndName(task.repository), pull_number: task.pull };
  const { data } = await octokit.request('GET /repos/{owner}/{repo}/pulls/{pull_number}', where);
  if (data.user?.type !== 'Bot' || !data.body?.includes(pullMarker(task))) return;
  const key = `${task.branch}@${task.epoch}`;
  store.creations.begin(task.id, 'pull', key, clock.now());
  store.creations.record(task.id, 'pull', key, task.pull, '');
  if (task.state === 'cancelled') await closePull(octokit, task, task.pull);
}

/** The pull request of a task: one, found again before it is made again. */
export function openPulls(options: PullsOptions) {
  const { store, github, clock } = options;

  /** The open pull request from the task's branch, recorded in the task. */
  async function find(task: Task): Promise<PullRequest | null> {
    if (task.branch === null || task.head === null) return null;
    const found = await findOpen(await github.octokit(task.installation, task.repositoryId), task);
    if (found) recordPull(store, task, { ...found, state: 'open' }, clock.now());
    return found;
  }

  /**
   * Opens the pull request, once. Errors: E_GITHUB when GitHub refuses, E_RUN_ENDED when the task was cancelled
   * meanwhile; the pull request is closed again then.
   */
  async function open(task: Task, text: PullText): Promise<PullRequest> {
    if (task.branch === null || task.target === null) {
      throw new OrchError('E_PUSH_REFUSED', `${taskName(task.id)} has no branch yet`);
    }
    const octokit = await github.octokit(task.installation, task.repositoryId);
    const present = await find(task);
    if (present) return present;
    const made = await create(octokit, task, text);
    if (!recordPull(store, task, { ...made, state: 'open' }, clock.now())) {
      await closePull(octokit, task, made.number);
      throw new OrchError('E_RUN_ENDED', `${taskName(task.id)} was cancelled`);
    }
    return made;
  }

  async function create(octokit: Octokit, task: Task, text: PullText): Promise<PullRequest> {
    let made: Omit<PullRequest, 'created'> | null = null;
    try {
      await createOnce(store, {
        task: task.id,
        kind: 'pull',
        key: `${task.branch}@${task.epoch}`,
        now: clock.now(),
        lookUp: async () => (await findOpen(octokit, task))?.number ?? null,
        async create() {
          const notes = [stackNote(buildsOn(store, task)), await approvalNote(octokit, task)];
          made = await createPull(octokit, task, text, notes.filter(note => note !== '').join(' '));
          return made.number;
        },
      });
    } catch (error) {
      if (!isRefusal(error)) throw error;
      const kept = `on the branch \`${task.branch}\``;
      throw refused('E_GITHUB', 'GitHub did not open the pull request', githubMessage(error), {
        kept,
        cause: error,
      });
    }
    if (made !== null) return { ...(made as Omit<PullRequest, 'created'>), created: true };
    const found = await findOpen(octokit, task);
    if (!found) throw new OrchError('E_GITHUB', 'The pull request was closed by someone');
    return found;
  }

  /** Has the task's open pull request go to another branch. Errors: E_GITHUB. */
  async function retarget(task: Task, base: string): Promise<void> {
    const octokit = await github.octokit(task.installation, task.repositoryId);
    const where = { ...ownerAndName(task.repository), pull_number: task.pull as number };
    await octokit
      .request('PATCH /repos/{owner}/{repo}/pulls/{pull_number}', { ...where, base })
      .catch(cause => {
        if (!isRefusal(cause)) throw cause;
        throw refused('E_GITHUB', `GitHub did not let #${task.pull} go to ${base}`, githubMessage(cause), {
          cause,
        });
      });
  }

  return { find, open, retarget };
}

/** Where reviews may be asked for, that by whoever wanted the work is one of their own; GitHub takes the App for the author. */
async function approvalNote(octokit: Octokit, { repository, target, requester }: Task): Promise<string> {
  try {
    const at = { ...ownerAndName(repository), branch: target as string };
    const { data } = await octokit.request('GET /repos/{owner}/{repo}/branches/{branch}', at);
    if (!data.protected) return '';
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return '';
  }
  return `\`${target}\` is protected. An approval by \`${requester}\`, who asked for this, would be one of their own work, though GitHub may count it: somebody else should review.`;
}

async function createPull(
  octokit: Octokit,
  task: Task,
  text: PullText,
  notes: string,
): Promise<Omit<PullRequest, 'created'>> {
  const { owner, repo } = ownerAndName(task.repository);
  const { pullRequest } = JSON.parse(task.settings) as Partial<RepositorySettings>;
  const wantsDraft = text.draft || pullRequest?.draft === true;
  const create = (draft: boolean) =>
    octokit.request('POST /repos/{owner}/{repo}/pulls', {
      owner,
      repo,
      head: task.branch as string,
      base: task.target as string,
      title: shorten(stripInvisible(text.title), 250),
      body: pullBody(task, text.body, notes),
      draft,
      request: { retries: 0 },
    });
  try {
    const { data } = await create(wantsDraft);
    return { number: data.number, url: data.html_url, draft: data.draft === true };
  } catch (error) {
    // Not every plan of GitHub has drafts; an ordinary pull request is better than none.
    if (!wantsDraft || !hasStatus(error, 422) || !/draft/i.test(githubMessage(error))) throw error;
    const { data } = await create(false);
    return { number: data.number, url: data.html_url, draft: data.draft === true };
  }
}

async function findOpen(octokit: Octokit, task: Task): Promise<PullRequest | null> {
  const { owner, repo } = ownerAndName(task.repository);
  const { data } = await octokit.request('GET /repos/{owner}/{repo}/pulls', {
    owner,
    repo,
    head: `${owner}:${task.branch}`,
    state: 'open',
  });
  const pull = data.find(each => fitsTask(task, each));
  return pull
    ? { number: pull.number, url: pull.html_url, draft: pull.draft === true, created: false }
    : null;
}

async function closePull(octokit: Octokit, task: Task, pull_number: number): Promise<void> {
  const { owner, repo } = ownerAndName(task.repository);
  await octokit.request('PATCH /repos/{owner}/{repo}/pulls/{pull_number}', {
    owner,
    repo,
    pull_number,
    state: 'closed',
  });
}

/** The agent's text, then what Orch vouches for: issue, what it builds on, task and who asked. */
function pullBody(task: Task, text: string, notes: string): string {
  const closes = [issueLine(task), notes].filter(part => part !== '').join(' ');
  const origin = `<sub>${taskName(task.id)}, asked by @${task.requester}.</sub>`;
  const end = `${closes}\n\n${origin}\n${pullMarker(task)}`.trimStart();
  // What nobody sees goes first: behind it there may be spaces, which make code of a command as long as they stand.
  const words = shorten(stripInvisible(text).trim(), 40_000);
  // Shown rather than hidden: comments are where Orch has its own markers.
  const open = words.replaceAll('<!--', '&lt;!--');
  const whole = `${shorten(quiet(open), BODY_LIMIT)}\n\n${end}`.trimStart();
  // Something in the words that is not closed would take what Orch says for its own.
  return isParagraph(whole, closes === '' ? origin : closes) ? whole : `${fenced(words)}\n\n${end}`;
}

/** Empty where it was asked for at no issue. */
function issueLine({ issue, onPullRequest }: Task): string {
  if (issue === 0) return '';
  return onPullRequest ? `For #${issue}.` : `Closes #${issue}.`;
}

function pullMarker(task: Task): string {
  return marker(`pull ${taskName(task.id)}`);
}
