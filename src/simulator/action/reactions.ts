import { invalid, notFound } from '../http/errors.ts';
import type { Reaction } from '../model.ts';
import { REACTIONS } from '../shape/issue.ts';
import { type Deed, refuseArchived } from '../world.ts';

/** Adds a reaction, or gives the one already there: each may be given once by everybody. */
export function react(
  deed: Deed,
  subject: { reactions: Reaction[] },
  content: string,
): { reaction: Reaction; isNew: boolean } {
  refuseArchived(deed.repository);
  if (!REACTIONS.some(name => name === content))
    throw invalid({ resource: 'Reaction', field: 'content', code: 'invalid' });
  const mine = (reaction: Reaction) =>
    reaction.user.id === deed.actor.user.id && reaction.content === content;
  const known = subject.reactions.find(mine);
  if (known) return { reaction: known, isNew: false };
  const { world, actor } = deed;
  const reaction: Reaction = { id: world.newId(), user: actor.user, content, createdAt: world.clock.now() };
  subject.reactions.push(reaction);
  return { reaction, isNew: true };
}

export function removeReaction(deed: Deed, subject: { reactions: Reaction[] }, id: unknown): void {
  refuseArchived(deed.repository);
  const at = subject.reactions.findIndex(
    reaction => reaction.id === Number(id) && reaction.user.id === deed.actor.user.id,
  );
  if (at < 0) throw notFound();
  subject.reactions.splice(at, 1);
}
