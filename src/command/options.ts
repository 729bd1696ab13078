import { z } from 'zod';
import { type Amount, amountText } from '../shared/amounts.ts';
import { PRIORITIES } from '../task/glossary.ts';

/** A profile's name: it becomes part of agents, labels and tmux ids. */
export const profileName = z.string().regex(/^[a-z][a-z0-9_-]{0,30}$/, 'must be a name such as claude');

export const modelName = z.string().regex(/^[a-zA-Z0-9][\w.:/@+-]{0,99}$/, 'must be a model such as sonnet');

/** `45m`, `1h30m`, `90s`; one minute to 24 hours. Gives seconds. */
const timeout = z.string().transform(toSeconds).pipe(z.number().min(60).max(86_400));

/** What `git check-ref-format` refuses, and what a command could take for an option. */
const NOT_IN_BRANCH = /^$|^[-/.]|\.\.|\/\/|\/\.|@\{|\.lock(\/|$)|[/.]$|[\s\p{Cc}~^:?*[\\]/u;

/** A branch as people write it, without `refs/heads/`. */
const baseBranch = z.string().refine(name => name.length <= 200 && !NOT_IN_BRANCH.test(name));

/** The options of a run, as comments, labels and the command line give them. */
export interface RunOptions {
  agent?: string;
  model?: string;
  priority?: (typeof PRIORITIES)[number];
  timeoutSeconds?: number;
  base?: string;
  budget?: Amount;
}

interface Option {
  field: keyof RunOptions;
  schema: z.ZodType;
  value: string;
  help: string;
}

/** One table for the parser, the help and the documentation. */
export const OPTIONS: Readonly<Record<string, Option>> = {
  agent: option('agent', profileName, 'NAME', 'the agent that does it, such as `claude`'),
  model: option('model', modelName, 'MODEL', 'the model it is started with, such as `sonnet`'),
  priority: option(
    'priority',
    z.enum(PRIORITIES),
    'LEVEL',
    'which tasks go first: `high`, `normal` or `low`',
  ),
  timeout: option(
    'timeoutSeconds',
    timeout,
    'TIME',
    'how long a try may take: `1m` to `24h`, such as `1h30m`',
  ),
  base: option('base', baseBranch, 'BRANCH', 'the branch to start from and to open the pull request onto'),
  budget: option('budget', amountText, 'AMOUNT', 'what all tries may take: `2usd`, `500ktokens` or both'),
};

/** The option as a part of RunOptions; null when there is none of that name, or it doesn't take that value. */
export function readOption(flag: string, value: string): RunOptions | null {
  const entry = Object.hasOwn(OPTIONS, flag) ? OPTIONS[flag] : undefined;
  const parsed = entry?.schema.safeParse(value);
  return entry && parsed?.success ? { [entry.field]: parsed.data } : null;
}

function option(field: keyof RunOptions, schema: z.ZodType, value: string, help: string): Option {
  return { field, schema, value, help };
}

function toSeconds(text: string): number {
  const parts = /^(?=.)(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?$/.exec(text);
  return parts ? Number(parts[1] ?? 0) * 3600 + Number(parts[2] ?? 0) * 60 + Number(parts[3] ?? 0) : 0;
}
