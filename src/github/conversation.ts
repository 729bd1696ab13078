import type { Remark } from '../agent/prompt.ts';
import type { RepositorySettings } from '../config/repository.ts';
import { shorten } from '../shared/text.ts';
import { mayCommand } from './access.ts';
import { githubMessage, isRefusal, type Octokit } from './client.ts';
import { ownerAndName, type Words } from './comments.ts';
import type { AppContext } from './context.ts';
import type { Place } from './payloads.ts';

/** The moment that a task was asked for, and the words that asked, if some did. */
export interface Trigger {
  at: string;
  words: Words | null;
}

const MOST_REMARKS = 30;
/** UTF-16 units: of one, and of all. */
const LONGEST_REMARK = 8000;
const MOST_TEXT = 30_000;
/** Each author that is new costs a call. */
const MOST_AUTHORS = 20;
const PAGE = 100;

/** As the API has a comment on an issue or in a review. */
interface Comment {
  id: number;
  body?: string | undefined;
  user: { id: number; login: string; type: string } | null;
  created_at: string;
  updated_at: string;
  path?: string;
  line?: number | null;
  performed_via_github_app?: object | null | undefined;
}

/**
 * What people who may command have said at a place before a task was asked for there, oldest first: the newest remarks, as
 * they stood then. Left out is what was written or edited later, by bots or through an App. Where GitHub refuses to tell,
 * nothing was said.
 */
export async function freezeConversation(
  { log }: AppContext,
  octokit: Octokit,
  place: Place,
  { permissions }: RepositorySettings,
  trigger: Trigger,
): Promise<Remark[]> {
  try {
    const said = (await readNewest(octokit, place)).filter(comment => isBefore(comment, trigger));
    said.sort((a, b) => Date.parse(b.created_at) - Date.parse(a.created_at) || b.id - a.id);
    // Who asks has just been let in.
    const known = new Map([[place.sender.id, true]]);
    const remarks: Remark[] = [];
    let room = MOST_TEXT;
    for (const comment of said) {
      const user = comment.user as NonNullable<Comment['user']>;
      if (!known.has(user.id)) {
        if (known.size > MOST_AUTHORS) continue;
        known.set(user.id, await mayCommand(octokit, place.repository.full_name, user, permissions));
      }
      if (known.get(user.id) !== true) continue;
      const remark = remarkOf(comment);
      room -= remark.text.length;
      if (room < 0 || remarks.length === MOST_REMARKS) break;
      remarks.unshift(remark);
    }
    return remarks;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    log.warn({ issue: place.issue.number, why: githubMessage(error) }, 'GitHub does not tell what was said');
    return [];
  }
}

/** GitHub lists the oldest first, so the newest are on the last pages; the payload counts them as of the trigger. */
async function readNewest(octokit: Octokit, { repository, issue }: Place): Promise<Comment[]> {
  const at = ownerAndName(repository.full_name);
  const page = async (number: number): Promise<Comment[]> => {
    const route = 'GET /repos/{owner}/{repo}/issues/{issue_number}/comments';
    const query = { ...at, issue_number: issue.number, per_page: PAGE, page: number };
    return (await octokit.request(route, query)).data as Comment[];
  };
  const count = issue.comments ?? (await countComments(octokit, repository.full_name, issue.number));
  const last = Math.max(1, Math.ceil(count / PAGE));
  const newest = count === 0 ? [] : await page(last);
  const before = last > 1 && newest.length < MOST_REMARKS ? await page(last - 1) : [];
  const reviewed = issue.pull_request ? await readReview(octokit, repository.full_name, issue.number) : [];
  return [...before, ...newest, ...reviewed];
}

async function countComments(octokit: Octokit, repository: string, issue_number: number): Promise<number> {
  const route = 'GET /repos/{owner}/{repo}/issues/{issue_number}';
  return (await octokit.request(route, { ...ownerAndName(repository), issue_number })).data.comments;
}

async function readReview(octokit: Octokit, repository: string, pull_number: number): Promise<Comment[]> {
  const route = 'GET /repos/{owner}/{repo}/pulls/{pull_number}/comments';
  const newest = { sort: 'created', direction: 'desc', per_page: PAGE } as const;
  return (await octokit.request(route, { ...ownerAndName(repository), pull_number, ...newest }))
    .data as Comment[];
}

/** A comment at a line that asks is among them too: what it asks for is of little use without its place. */
function isBefore(comment: Comment, { at, words }: Trigger): boolean {
  const isAsking = words?.kind === 'comment' && comment.path === undefined && comment.id === words.id;
  if (comment.user?.type !== 'User' || comment.performed_via_github_app || isAsking) return false;
  return Date.parse(comment.updated_at) <= Date.parse(at);
}

function remarkOf({ body = '', user, created_at: at, path, line }: Comment): Remark {
  const where = path === undefined ? null : line ? `${path}:${line}` : path;
  return { login: user?.login ?? '', at, where, text: shorten(body, LONGEST_REMARK) };
}
