import { textsAfterCalls } from '../shared/calls.ts';
import { stripInvisible } from '../shared/invisible.ts';
import { type Parsed, parseCommand } from './command.ts';

/**
 * The commands of a comment, in their order; none means that Orch has nothing to say. What follows a command belongs to
 * it up to the next one, without what is invisible.
 */
export function parseComment(body: string): Parsed[] {
  return textsAfterCalls(body).map(text => parseCommand(stripInvisible(text)));
}
