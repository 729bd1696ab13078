import { parseComment } from '../../command/comment.ts';
import { admit } from '../admit.ts';
import type { Octokit } from '../client.ts';
import { ownerAndName } from '../comments.ts';
import type { AppContext } from '../context.ts';
import type { ReviewSubmitted } from '../payloads.ts';
import type { SettleReview } from '../report/settle.ts';
import { type LineComment, reviewInstruction } from './review-text.ts';
import { pullOrigin, wake } from './wake.ts';

/**
 * A review by somebody who may command has the agent go on in the pull request, once for all that stands in it: when it
 * requests changes, or says something at lines. An approval, or a review that only remarks something, does not; and at a line
 * that holds a command of its own, the command counts. Nobody else's review is obeyed, or answered.
 */
export async function reviewWakes(
  context: AppContext,
  payload: ReviewSubmitted,
  delivery: string,
): Promise<void> {
  const { review, pull_request: pull, sender, repository, installation } = payload;
  if (review.state !== 'changes_requested' && review.state !== 'commented') return;
  const origin = pullOrigin(context.store, repository.id, pull.number);
  if (origin === null) return;
  const admission = await admit(context, { repository, sender, installation });
  if (admission.kind !== 'admitted' || !admission.repository.followUp.reviews) return;
  const octokit = await context.github.octokit(installation.id, repository.id);
  const comments = (await readComments(octokit, repository.full_name, pull.number, review.id)).filter(
    ({ body }) => parseComment(body).length === 0,
  );
  if (comments.length === 0 && review.state === 'commented') return;
  const { text, told } = reviewInstruction({
    by: sender.login,
    url: review.html_url,
    body: review.body ?? '',
    asksForChanges: review.state === 'changes_requested',
    comments,
  });
  wake(context, origin, {
    kind: 'review',
    source: `review:${review.id}`,
    instruction: text,
    matter: {
      by: sender.login,
      threads: told.map(({ id, in_reply_to_id, path }) => ({ comment: in_reply_to_id ?? id, path })),
    } satisfies SettleReview,
    pull: { title: pull.title, body: pull.body ?? null, head: pull.head.sha },
    by: sender,
    repository: admission.repository,
    delivery,
  });
}

async function readComments(
  octokit: Octokit,
  repository: string,
  pull_number: number,
  review_id: number,
): Promise<LineComment[]> {
  const route = 'GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}/comments';
  const at = { ...ownerAndName(repository), pull_number, review_id, per_page: 100 };
  return (await octokit.paginate(route, at)) as LineComment[];
}
