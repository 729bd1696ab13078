import { listenForStop } from '../../src/shared/signals.ts';
import { CLIS, type Cli } from '../models/script.ts';

/** Options of all tools that have to do with real CLIs, for parseArgs. */
export const COMMON = {
  cli: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** What `main` throws is told in a line, with exit code 1. */
export async function runTool(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}

/** Aborts at the first signal to stop. */
export function abortOnStop(): Disposable & { signal: AbortSignal } {
  const stop = listenForStop();
  const stopped = new AbortController();
  void stop.told.then(() => stopped.abort());
  return { signal: stopped.signal, [Symbol.dispose]: () => stop[Symbol.dispose]() };
}

/** Those named, as `choose` does. */
export function chooseClis(names: string | undefined): readonly Cli[] {
  return choose('agent', CLIS, cli => cli, names);
}

/** Of all those that `names` names, parted by commas; all without it. Throws on a name that is none. */
export function choose<T>(
  what: string,
  all: readonly T[],
  nameOf: (one: T) => string,
  names: string | undefined,
): readonly T[] {
  if (names === undefined) return all;
  return names.split(',').map(name => {
    const one = all.find(each => nameOf(each) === name);
    if (one !== undefined) return one;
    throw new Error(`There is no ${what} ${name} among: ${all.map(nameOf).join(', ')}.`);
  });
}
