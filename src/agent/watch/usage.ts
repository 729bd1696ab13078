import type { Progress } from './progress.ts';
import { MOST, type Tokens, type Told } from './told.ts';

const NOTHING: Tokens = { input: 0, cached: 0, output: 0 };
/** CLIs repeat the usage of a step while it goes on, and of one of a few at once. */
const REMEMBERED = 100;

/** What earlier runs have used of a session: tokens, and dollars as its CLI said. */
export interface UsedBefore extends Tokens {
  cost: number;
}

/** Adds up what a process has used, however its CLI counts. */
export function openUsage(usedBefore: UsedBefore) {
  let tokens = NOTHING;
  let cost: number | null = null;
  const steps = new Map<string, { tokens: Tokens; cost: number | null }>();

  return {
    add(told: Told & { as: 'usage' }): Pick<Progress, 'usage' | 'costUsd'> {
      if (told.mode === 'add') {
        const former = (told.once !== null && steps.get(told.once)) || { tokens: NOTHING, cost: null };
        tokens = plus(tokens, minus(told.tokens, former.tokens));
        if (told.cost !== null) cost = Math.max(0, (cost ?? 0) + told.cost - (former.cost ?? 0));
        remember(told);
      } else {
        const before = told.mode === 'session' ? usedBefore : { ...NOTHING, cost: 0 };
        tokens = minus(told.tokens, before);
        if (told.cost !== null) cost = Math.max(0, told.cost - before.cost);
      }
      return { usage: within(tokens), costUsd: cost };
    },
  };

  function remember({ once, tokens, cost }: Told & { as: 'usage' }): void {
    if (once === null) return;
    steps.delete(once);
    steps.set(once, { tokens, cost });
    if (steps.size > REMEMBERED) steps.delete(steps.keys().next().value as string);
  }
}

function plus(a: Tokens, b: Tokens): Tokens {
  return { input: a.input + b.input, cached: a.cached + b.cached, output: a.output + b.output };
}

function minus(a: Tokens, b: Tokens): Tokens {
  return { input: a.input - b.input, cached: a.cached - b.cached, output: a.output - b.output };
}

/** Not below nothing, nor beyond what can be added up exactly. */
function within({ input, cached, output }: Tokens): Tokens {
  const bounded = (count: number) => Math.min(Math.max(count, 0), MOST);
  return { input: bounded(input), cached: bounded(cached), output: bounded(output) };
}
