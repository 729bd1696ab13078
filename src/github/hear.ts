import type { Parsed } from '../command/command.ts';
import { parseComment } from '../command/comment.ts';
import { admit } from './admit.ts';
import { obey } from './ask.ts';
import type { Words } from './comments.ts';
import type { AppContext } from './context.ts';
import { commentWakes } from './follow-up/comment.ts';
import { reviewWakes } from './follow-up/review.ts';
import { type InReview, issueComment, type Place, review, reviewComment } from './payloads.ts';
import { commentOnPlan } from './plans.ts';

/** Each command may make a comment, and GitHub takes 80 a minute from an installation. */
const MOST_COMMANDS = 10;

/** What somebody has written, which commands may stand in. */
interface Said extends Words {
  body: string;
  /** When, by GitHub's clock. */
  at: string | undefined;
}

export async function commented(context: AppContext, raw: unknown, delivery: string): Promise<void> {
  const payload = issueComment.parse(raw);
  const { id, body, created_at: at } = payload.comment;
  const isHeard = await hear(context, payload, { kind: 'comment', id, body, at }, delivery);
  if (isHeard) return;
  await commentWakes(context, payload, delivery);
  await commentOnPlan(context, payload);
}

/** A review's own text; the comments at its lines come by themselves. */
export async function reviewed(context: AppContext, raw: unknown, delivery: string): Promise<void> {
  const payload = review.parse(raw);
  const { id, body, submitted_at } = payload.review;
  const said = { kind: 'review', id, body: body ?? '', at: submitted_at ?? undefined } as const;
  const isHeard = await hear(context, placeOf(payload, null), said, delivery);
  if (!isHeard) await reviewWakes(context, payload, delivery);
}

/** A comment at a line: what it asks for is told to the agent with its place, and answered below it. */
export async function reviewCommented(context: AppContext, raw: unknown, delivery: string): Promise<void> {
  const payload = reviewComment.parse(raw);
  const { id, body, created_at: at, in_reply_to_id } = payload.comment;
  const said = { kind: 'review-comment', id, body, at } as const;
  await hear(context, placeOf(payload, in_reply_to_id ?? id), said, delivery);
}

/** In reviews GitHub does not tell how many comments there are. */
function placeOf({ pull_request, ...where }: InReview, answersBelow: number | null): Place {
  const { repository, sender, installation } = where;
  const issue = { ...pull_request, comments: null, pull_request: {} };
  return { repository, sender, installation, issue, answersBelow };
}

/** Whether there is a command in it, which is then seen to. */
async function hear(context: AppContext, place: Place, said: Said, delivery: string): Promise<boolean> {
  const commands = parseComment(said.body);
  if (commands.length > 0) await obeyAll(context, place, said, commands, delivery);
  return commands.length > 0;
}

async function obeyAll(
  context: AppContext,
  place: Place,
  said: Said,
  commands: readonly Parsed[],
  delivery: string,
): Promise<void> {
  const { body: _body, at, ...words } = said;
  const key = `${words.kind}:${words.id}`;
  const admission = await admit(context, place);
  if (admission.kind === 'ignored') return;
  if (admission.kind === 'refused') {
    // To a review GitHub takes no reaction, and one to its pull request would be for somebody else.
    if (words.kind !== 'review') await context.replies.react(place, words, 'confused');
    return await refuse(context, place, admission.text);
  }
  if (commands.length > MOST_COMMANDS) {
    const text = `There are ${commands.length} commands in this comment, and ${MOST_COMMANDS} are taken at most; nothing was queued.`;
    return await context.replies.reply(place, key, text);
  }
  const under: Promise<void>[] = [];
  for (const [index, command] of commands.entries()) {
    const origin = { key: `${key}:${index}`, words, at, delivery };
    // Words in a row are all there before the first of them lets a task go on; anything else waits for what is above it.
    if (command.kind !== 'say') await Promise.all(under.splice(0));
    if (command.kind === 'reply') await context.replies.reply(place, origin.key, command.text);
    else under.push(obey(context, place, command, admission.repository, origin));
    if (command.kind !== 'say') await Promise.all(under.splice(0));
  }
  await Promise.all(under);
}

/** Once for a person and an issue: refusing must not become a way to make Orch write. */
export async function refuse(context: AppContext, place: Place, text: string): Promise<void> {
  await context.replies.reply(place, `refused:${place.issue.number}:${place.sender.id}`, text);
}
