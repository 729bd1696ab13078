import { shorten } from '../shared/text.ts';
import type { Octokit } from './client.ts';

export interface Thread {
  owner: string;
  repo: string;
  issue_number: number;
}

/** GitHub's limit is 65,536 characters. */
const BODY_LIMIT = 60_000;

export function thread(repository: string, issue: number): Thread {
  return { ...ownerAndName(repository), issue_number: issue };
}

/** The two halves of `owner/name`, as GitHub's routes want them. */
export function ownerAndName(repository: string): { owner: string; repo: string } {
  const [owner = '', repo = ''] = repository.split('/');
  return { owner, repo };
}

/** An HTML comment that people don't see and Orch finds again. */
export function marker(name: string): string {
  return `<!-- orch:${name} -->`;
}

export async function createComment(octokit: Octokit, at: Thread, body: string): Promise<number> {
  const { data } = await octokit.request('POST /repos/{owner}/{repo}/issues/{issue_number}/comments', {
    ...at,
    body: shorten(body, BODY_LIMIT),
    // A repeated create would be a second comment: the caller looks before it tries again.
    request: { retries: 0 },
  });
  return Number(data.id);
}

export async function editComment(
  octokit: Octokit,
  at: Thread,
  comment: number,
  body: string,
): Promise<void> {
  const { owner, repo } = at;
  await octokit.request('PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}', {
    owner,
    repo,
    comment_id: comment,
    body: shorten(body, BODY_LIMIT),
  });
}

/** The App's own comment that begins with this marker; other people's copies of the marker don't count. */
export async function findComment(
  octokit: Octokit,
  at: Thread,
  mark: string,
  appId: number,
): Promise<number | null> {
  const pages = octokit.paginate.iterator('GET /repos/{owner}/{repo}/issues/{issue_number}/comments', {
    ...at,
    per_page: 100,
  });
  for await (const { data } of pages) {
    const own = data.find(
      comment => comment.body?.startsWith(mark) && comment.performed_via_github_app?.id === appId,
    );
    if (own) return Number(own.id);
  }
  return null;
}
