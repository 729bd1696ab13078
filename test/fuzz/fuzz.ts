import fc from 'fast-check';
import { type Surface, Violation } from './surface.ts';
import { api } from './surfaces/api.ts';
import { commandLine } from './surfaces/arguments.ts';
import { broker } from './surfaces/broker.ts';
import { comments } from './surfaces/comments.ts';
import { deliveries } from './surfaces/deliveries.ts';
import { environment } from './surfaces/environment.ts';
import { events } from './surfaces/events.ts';
import { payloads } from './surfaces/payloads.ts';
import { repositoryFile, serverFile } from './surfaces/settings.ts';
import { tokensFile } from './surfaces/tokens.ts';
import { worktree } from './surfaces/worktree.ts';

export const SURFACES = [
  comments,
  payloads,
  deliveries,
  serverFile,
  repositoryFile,
  environment,
  commandLine,
  broker,
  api,
  tokensFile,
  worktree,
  events,
] as readonly Surface[];

export interface Outcome {
  surface: string;
  named: number;
  fuzzed: number;
  /** What went wrong: its kind and how to see it again. */
  failures: { kind: 'crash' | 'grant' | 'leak'; what: string }[];
}

/** Feeds a surface all its named inputs, then this many made ones; after a failure of the latter the shrunk input is told. */
export async function fuzz(surface: Surface, runs: number, seed: number): Promise<Outcome> {
  const outcome: Outcome = { surface: surface.name, named: 0, fuzzed: 0, failures: [] };
  const fail = (error: unknown, input: string) => {
    const kind = error instanceof Violation ? error.kind : 'crash';
    outcome.failures.push({ kind, what: `${input}: ${error instanceof Error ? error.message : error}` });
  };
  await using opened = await surface.open();
  for (const [name, input] of Object.entries(surface.named)) {
    outcome.named += 1;
    await opened.feed(input).catch(error => fail(error, name));
  }
  const property = fc.asyncProperty(surface.arbitrary, async input => {
    outcome.fuzzed += 1;
    await opened.feed(input);
  });
  const result = await fc.check(property, { numRuns: runs, seed });
  if (result.failed) fail(result.errorInstance, `seed ${seed}, ${fc.stringify(result.counterexample?.[0])}`);
  return outcome;
}

/** How many of `total` made inputs each surface gets. */
export function shares(total: number): Map<Surface, number> {
  const weights = SURFACES.reduce((sum, { weight }) => sum + weight, 0);
  return new Map(SURFACES.map(surface => [surface, Math.ceil((total * surface.weight) / weights)]));
}
