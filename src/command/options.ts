import { z } from 'zod';
import type { OptionName } from '../help/options.ts';
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

/** A word that says all by itself; `true` is how JSON says it. */
const planFirst = z.enum(['', 'true']).transform(() => true);

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
  /** A plan first, which people approve. */
  plan?: true;
}

/** How the value of each option is read, and where it goes. */
const READERS = {
  agent: ['agent', profileName],
  capability: ['capabilities', capabilityName.transform(name => [name])],
  model: ['model', modelName],
  priority: ['priority', z.enum(PRIORITIES)],
  timeout: ['timeoutSeconds', timeout],
  base: ['base', baseBranch],
  after: ['after', taskNames],
  budget: ['budget', amountText],
  plan: ['plan', planFirst],
} as const satisfies Record<OptionName, [keyof RunOptions, z.ZodType]>;

/** The option as a part of RunOptions; null when there is none of that name, or it doesn't take that value. */
export function readOption(flag: string, value: string): RunOptions | null {
  if (!isOption(flag)) return null;
  const [field, schema] = READERS[flag];
  const parsed = schema.safeParse(value);
  return parsed.success ? { [field]: parsed.data } : null;
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

export function isOption(flag: string): flag is OptionName {
  return Object.hasOwn(READERS, flag);
}
