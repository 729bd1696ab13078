import { shorten } from '../shared/text.ts';
import type { Identity, Octokit } from './client.ts';

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

/** Where a command stands: in a comment, in a review's own text, or in a comment at a line of it. */
export interface Words {
  kind: 'comment' | 'review' | 'review-comment';
  id: number;
}

/**
 * Puts a reaction to what was said; a review's own text can't have one, and words that are none stand for the issue itself:
 * the issue or pull request gets it. GitHub keeps one of a kind a person, so repeating is free. Gives its number.
 */
export async function react(
  octokit: Octokit,
  at: Thread,
  words: Words | null,
  content: 'confused' | 'eyes',
): Promise<number> {
  const { owner, repo, issue_number } = at;
  const to = { owner, repo, content };
  const comment_id = words?.id ?? 0;
  switch (words?.kind) {
    case 'comment': {
      const route = 'POST /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions';
      return (await octokit.request(route, { ...to, comment_id })).data.id;
    }
    case 'review-comment': {
      const route = 'POST /repos/{owner}/{repo}/pulls/comments/{comment_id}/reactions';
      return (await octokit.request(route, { ...to, comment_id })).data.id;
    }
    default: {
      const route = 'POST /repos/{owner}/{repo}/issues/{issue_number}/reactions';
      return (await octokit.request(route, { ...to, issue_number })).data.id;
    }
  }
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

/** Answers below a comment of a review. */
export async function createAnswer(
  octokit: Octokit,
  { owner, repo, issue_number: pull_number }: Thread,
  comment_id: number,
  body: string,
): Promise<number> {
  const route = 'POST /repos/{owner}/{repo}/pulls/{pull_number}/comments/{comment_id}/replies';
  const { data } = await octokit.request(route, {
    ...{ owner, repo, pull_number, comment_id },
    body: shorten(body, BODY_LIMIT),
    request: { retries: 0 },
  });
  return Number(data.id);
}

/** The App's own answer in a review that begins with this marker; of those GitHub tells the author only. */
export async function findAnswer(
  octokit: Octokit,
  { owner, repo, issue_number: pull_number }: Thread,
  mark: string,
  login: string,
): Promise<number | null> {
  const route = 'GET /repos/{owner}/{repo}/pulls/{pull_number}/comments';
  const pages = octokit.paginate.iterator(route, { owner, repo, pull_number, per_page: 100 });
  for await (const { data } of pages) {
    const own = data.find(comment => comment.body.startsWith(mark) && comment.user?.login === login);
    if (own) return Number(own.id);
  }
  return null;
}

/** Orch's own comment that begins with this marker; other people's copies of the marker don't count. */
export async function findComment(
  octokit: Octokit,
  at: Thread,
  mark: string,
  self: Identity,
): Promise<number | null> {
  for await (const comment of ownComments(octokit, at, self))
    if (comment.body.startsWith(mark)) return comment.id;
  return null;
}

/** What Orch itself has written there, the oldest first. */
export async function* ownComments(
  octokit: Octokit,
  at: Thread,
  self: Identity,
): AsyncGenerator<{ id: number; body: string; url: string }> {
  const pages = octokit.paginate.iterator('GET /repos/{owner}/{repo}/issues/{issue_number}/comments', {
    ...at,
    per_page: 100,
  });
  for await (const { data } of pages) {
    for (const { id, body = '', html_url: url, user, performed_via_github_app: app } of data) {
      const isOwn = self.appId === null ? user?.id === self.userId : app?.id === self.appId;
      if (isOwn) yield { id: Number(id), body, url };
    }
  }
}
