import { z } from 'zod';
import { joinOptions, type RunOptions, readOption } from '../command/options.ts';
import type { AskedAt, Wish } from '../forge/wish.ts';
import { OPTION_HELP, type OptionName, plainHelp } from '../help/options.ts';
import { OrchError } from '../shared/errors.ts';
import { stripInvisible } from '../shared/invisible.ts';
import { contextFile } from '../shared/names.ts';

/** Text from outside that says something: without what nobody sees, and not empty. */
export const visibleText = z.string().transform(stripInvisible).pipe(z.string().trim().min(1));

/** `true` is of an option that takes nothing. */
const value = z
  .union([z.string(), z.literal(true).transform(String), z.array(z.string()).max(100)])
  .optional();
const options = Object.fromEntries(Object.keys(OPTION_HELP).map(flag => [flag, value]));
const place = {
  repository: z
    .string()
    .max(140)
    .regex(/^[\w.-]+\/[\w.-]+$/, 'it is written owner/name')
    .optional(),
  issue: z
    .union([z.number(), z.string().regex(/^#?[1-9]\d{0,9}$/, 'it is a number, such as 12')])
    .transform(given => Number(String(given).replace('#', '')))
    .pipe(z.int().positive())
    .optional(),
  requester: z
    .string()
    .regex(/^[\w-]{1,100}(?:\[bot\])?$/, 'it is the login of somebody on GitHub')
    .optional(),
};
const wishBody = z.strictObject({
  ...options,
  ...place,
  instruction: visibleText,
  context: z.array(contextFile).max(100).default([]),
});

/**
 * The body of `POST /api/tasks`: the instruction, files to read first, and the options under their names in comments, with
 * the same values: `{ instruction, timeout: "45m" }`. What may be given several times is a list. Where it is asked on GitHub,
 * and by whom, is beside them. Errors: E_USAGE, ZodError.
 */
export function readWish(body: unknown): { wish: Wish; at: AskedAt | null } {
  const { instruction, context, repository, issue, requester, ...given } = wishBody.parse(body);
  const wish = {
    instruction,
    options: readOptions(given),
    contextFiles: context,
    source: null,
    needs: [],
    parent: null,
  };
  return { wish, at: placeOf({ repository, issue, requester }) };
}

const fileBody = z.strictObject({ text: z.string(), ...place });

/** The body of `POST /api/tasks/file`: its text, and where it is asked. Errors: E_USAGE, ZodError. */
export function readFileBody(body: unknown): { text: string; at: AskedAt | null } {
  const { text, ...given } = fileBody.parse(body);
  return { text, at: placeOf(given) };
}

type Place = { [key in keyof AskedAt]?: AskedAt[key] | undefined };

/** Null where nothing is said of GitHub. Errors: E_USAGE for half of it. */
function placeOf({ repository, issue = null, requester }: Place): AskedAt | null {
  if (repository !== undefined && requester !== undefined) return { repository, issue, requester };
  if (repository === undefined && requester === undefined && issue === null) return null;
  const lacks = repository === undefined ? 'repository' : 'requester';
  throw new OrchError('E_USAGE', `\`${lacks}\` is missing`, {
    remedy: 'Say in which repository it is to be done, and who on GitHub wants it.',
  });
}

function readOptions(given: Record<string, string | string[] | undefined>): RunOptions {
  let read: RunOptions = {};
  for (const [flag, values] of Object.entries(given))
    for (const text of [values ?? []].flat()) {
      const option = readOption(flag, text);
      if (option === null)
        throw new OrchError(
          'E_USAGE',
          `\`${flag}\` can't be ${JSON.stringify(text.slice(0, 60))}: it is ${plainHelp(flag as OptionName)}`,
        );
      const joined = joinOptions(read, option);
      if (joined === null) throw new OrchError('E_USAGE', `\`${flag}\` is there twice`);
      read = joined;
    }
  return read;
}
