import { hasStatus, type Octokit } from '../github/client.ts';
import { ownerAndName } from '../github/comments.ts';
import { parseTaskName, type Request } from '../task/glossary.ts';
import { INSTALLATION } from './door.ts';
import type { Workshop } from './open.ts';

/** How what Orch says of itself ends a pull request's text, with the report that it keeps up to date there. */
const ORIGIN =
  /<!-- orch:pull (T\d+) -->\s*(?:<!-- orch:report -->(?:(?!<!-- orch:)[\s\S])*<!-- orch:end of report -->\s*)?$/;

/**
 * Has the store know the task whose pull request this is, so that another one can go on in it: it was a workflow run's with
 * a store of its own. Only what Orch itself has opened from a branch of its own counts.
 */
export async function knowOrigin(
  { github, store, job, clock }: Pick<Workshop, 'github' | 'store' | 'job' | 'clock'>,
  number: number,
): Promise<void> {
  const octokit = await github.octokit(INSTALLATION, job.repository.id);
  const pull = await readPull(octokit, job.repository.fullName, number);
  if (pull === null || pull.state !== 'open' || pull.head.repo?.id !== job.repository.id) return;
  const [, name = ''] = ORIGIN.exec(pull.body ?? '') ?? [];
  const id = parseTaskName(name);
  const self = await github.identity(INSTALLATION, job.repository.id);
  if (id === null || id === job.run.id || pull.user.id !== self.userId) return;
  if (!pull.head.ref.startsWith('orch/')) return;
  const now = clock.now();
  store.transaction(() => {
    store.tasks.countFrom(id);
    store.tasks.insert(requestOf(job, number, pull.base.ref), now);
    const { ref: branch, sha: head } = pull.head;
    const { ref: target, sha: baseSha } = pull.base;
    const published = { branch, head, target, baseSha, pull: number, pullUrl: pull.html_url };
    store.tasks.update(id, 0, { ...published, pullState: 'open', state: 'completed' });
    store.creations.begin(id, 'pull', branch, now);
    store.creations.record(id, 'pull', branch, number, '');
    store.tasks.countFrom(job.run.id);
  });
}

async function readPull(octokit: Octokit, repository: string, pull_number: number) {
  const route = 'GET /repos/{owner}/{repo}/pulls/{pull_number}';
  try {
    return (await octokit.request(route, { ...ownerAndName(repository), pull_number })).data;
  } catch (error) {
    // It is an issue's number, or nothing's.
    if (hasStatus(error, 404)) return null;
    throw error;
  }
}

/** What it was asked for is nobody's business any more. */
function requestOf({ repository, run }: Workshop['job'], number: number, base: string): Request {
  return {
    repository: repository.fullName,
    repositoryId: repository.id,
    installation: INSTALLATION,
    issue: 0,
    onPullRequest: false,
    headSha: null,
    source: `pull:${number}`,
    comment: null,
    requester: '',
    requesterId: 0,
    instruction: '',
    issueTitle: '',
    issueBody: '',
    conversation: '[]',
    contextFiles: [],
    agent: null,
    capabilities: [],
    model: null,
    priority: 'normal',
    timeoutSeconds: 0,
    budgetUsd: null,
    budgetTokens: null,
    base,
    settings: '{}',
    correlation: `run:${run.id}`,
  };
}
