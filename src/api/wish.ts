import { z } from 'zod';
import { joinOptions, OPTIONS, type RunOptions, readOption } from '../command/options.ts';
import type { Wish } from '../forge/wish.ts';
import { OrchError } from '../shared/errors.ts';
import { stripInvisible } from '../shared/invisible.ts';
import { contextFile } from '../shared/names.ts';

/** Text from outside that says something: without what nobody sees, and not empty. */
export const visibleText = z.string().transform(stripInvisible).pipe(z.string().trim().min(1));

const value = z.union([z.string(), z.array(z.string()).max(100)]).optional();
const options = Object.fromEntries(Object.keys(OPTIONS).map(flag => [flag, value]));
const wishBody = z.strictObject({
  ...options,
  instruction: visibleText,
  context: z.array(contextFile).max(100).default([]),
});

/**
 * The body of `POST /api/tasks`: the instruction, files to read first, and the options under their names in comments, with
 * the same values: `{ instruction, timeout: "45m" }`. What may be given several times is a list. Errors: E_USAGE, ZodError.
 */
export function readWish(body: unknown): Wish {
  const { instruction, context, ...given } = wishBody.parse(body);
  return {
    instruction,
    options: readOptions(given),
    contextFiles: context,
    source: null,
    needs: [],
    parent: null,
  };
}

function readOptions(given: Record<string, string | string[] | undefined>): RunOptions {
  let read: RunOptions = {};
  for (const [flag, values] of Object.entries(given))
    for (const text of [values ?? []].flat()) {
      const option = readOption(flag, text);
      if (option === null)
        throw new OrchError(
          'E_USAGE',
          `\`${flag}\` can't be ${JSON.stringify(text.slice(0, 60))}: it is ${OPTIONS[flag]?.help.replaceAll('`', '')}`,
        );
      const joined = joinOptions(read, option);
      if (joined === null) throw new OrchError('E_USAGE', `\`${flag}\` is there twice`);
      read = joined;
    }
  return read;
}
