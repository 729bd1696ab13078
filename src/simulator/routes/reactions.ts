import { z } from 'zod';
import { react, removeReaction } from '../action/reactions.ts';
import { paged } from '../http/page.ts';
import {
  type Answer,
  type Need,
  NO_CONTENT,
  onRepository,
  parse,
  type RepositoryCall,
  type Route,
} from '../http/route.ts';
import type { Reaction } from '../model.ts';
import { shapeReaction } from '../shape/issue.ts';
import { one as comment } from './comments.ts';
import { subject as issue } from './issues.ts';
import { one as reviewComment } from './review-comments.ts';

type Find = (call: RepositoryCall) => { reactions: Reaction[] };

export const reactionRoutes: readonly Route[] = [
  ...reactionsOn('/issues/:number', 'issues', issue),
  ...reactionsOn('/issues/comments/:id', 'issues', comment),
  ...reactionsOn('/pulls/comments/:id', 'pull_requests', reviewComment),
];

function reactionsOn(path: string, name: 'issues' | 'pull_requests', find: Find): Route[] {
  const write: Need[] = name === 'issues' ? ['issues:write', 'pull_requests:write'] : ['pull_requests:write'];
  const read: Need[] = name === 'issues' ? ['issues:read', 'pull_requests:read'] : ['pull_requests:read'];
  return [
    onRepository('GET', `${path}/reactions`, read, call => list(call, find)),
    onRepository('POST', `${path}/reactions`, write, call => add(call, find), 'read'),
    onRepository('DELETE', `${path}/reactions/:reaction`, write, call => remove(call, find), 'read'),
  ];
}

function list(call: RepositoryCall, find: Find): Answer {
  const { content } = call.query;
  const reactions = find(call).reactions.filter(reaction => !content || reaction.content === content);
  return paged(call, reactions, reaction => shapeReaction(call.world, reaction));
}

function add(call: RepositoryCall, find: Find): Answer {
  const { content } = parse(z.object({ content: z.string() }), call.body);
  const { reaction, isNew } = react(call, find(call), content);
  return { status: isNew ? 201 : 200, body: shapeReaction(call.world, reaction) };
}

function remove(call: RepositoryCall, find: Find): Answer {
  removeReaction(call, find(call), call.params.reaction);
  return NO_CONTENT;
}
