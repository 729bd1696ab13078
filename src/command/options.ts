import { z } from 'zod';
import { amountText } from '../shared/amount-text.ts';
import type { Amount } from '../shared/amounts.ts';
import { parseDuration } from '../shared/clock.ts';
import { baseBranch, capabilityName, modelName, profileName } from '../shared/names.ts';
import { PRIORITIES, parseTaskName } from '../task/glossary.ts';

/** `45m`, `1h30m`, `90s`; one minute to 24 hours. Gives seconds. */
const timeout = z.string().transform(parseDuration).pipe(z.number().min(60).max(86_400));

const taskNames = z
  .string()
  .transform(parseTaskName)
  .pipe(z.number().transform(task => [task]));

/** The options of a run, as comments, labels and the command line give them. */
export interface RunOptions {
  agent?: string;
  capabilities?: string[];
  model?: string;
  priority?: (typeof PRIORITIES)[number];
  timeoutSeconds?: number;
  base?: string;
  /** Tasks that must be completed first. */
  after?: number[];
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
  capability: option(
    'capabilities',
    capabilityName.transform(name => [name]),
    'NAME',
    'what the agent must be good at, such as `tests`; it may be there more than once',
  ),
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
  after: option(
    'after',
    taskNames,
    'TASK',
    'a task that must be completed first; may be given several times',
  ),
  budget: option('budget', amountText, 'AMOUNT', 'what all tries may take: `2usd`, `500ktokens` or both'),
};

/** The option as a part of RunOptions; null when there is none of that name, or it doesn't take that value. */
export function readOption(flag: string, value: string): RunOptions | null {
  const entry = Object.hasOwn(OPTIONS, flag) ? OPTIONS[flag] : undefined;
  const parsed = entry?.schema.safeParse(value);
  return entry && parsed?.success ? { [entry.field]: parsed.data } : null;
}

/** Both together: lists add up, and null when anything else is there twice. */
export function joinOptions(before: RunOptions, option: RunOptions): RunOptions | null {
  const joined: Record<string, unknown> = { ...before };
  for (const [field, value] of Object.entries(option)) {
    const there = joined[field];
    if (there !== undefined && !(Array.isArray(there) && Array.isArray(value))) return null;
    joined[field] = Array.isArray(there) ? [...there, ...value] : value;
  }
  return joined;
}

function option(field: keyof RunOptions, schema: z.ZodType, value: string, help: string): Option {
  return { field, schema, value, help };
}
