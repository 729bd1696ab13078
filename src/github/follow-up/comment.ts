import { redactShapes } from '../../shared/secrets/secrets.ts';
import { visibleMarkdown } from '../../shared/visible.ts';
import { admit } from '../admit.ts';
import { ownerAndName } from '../comments.ts';
import type { AppContext } from '../context.ts';
import type { CommentMade } from '../payloads.ts';
import { pullOrigin, wake } from './wake.ts';

/** Where the repository wants it, a comment in an agent's pull request is something to go on with, without a command. */
export async function commentWakes(
  context: AppContext,
  payload: CommentMade,
  delivery: string,
): Promise<void> {
  const { issue, comment, sender, repository, installation } = payload;
  if (!issue.pull_request) return;
  const origin = pullOrigin(context.store, repository.id, issue.number);
  const text = redactShapes(visibleMarkdown(comment.body)).trim();
  if (origin === null || text === '') return;
  const admission = await admit(context, payload);
  if (admission.kind !== 'admitted' || !admission.repository.followUp.comments) return;
  const octokit = await context.github.octokit(installation.id, repository.id);
  const { data } = await octokit.request('GET /repos/{owner}/{repo}/pulls/{pull_number}', {
    ...ownerAndName(repository.full_name),
    pull_number: issue.number,
  });
  const url = comment.html_url === undefined ? '' : `\n\n(${comment.html_url})`;
  wake(context, origin, {
    kind: 'comment',
    source: `comment:${comment.id}:said`,
    instruction: `Go on with what \`${sender.login}\` says in the pull request\n\n${text}${url}`,
    matter: {},
    pull: { title: issue.title, body: issue.body ?? null, head: data.head.sha },
    by: sender,
    repository: admission.repository,
    delivery,
  });
}
