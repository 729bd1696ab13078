import type { Simulator } from '../simulator/simulator.ts';
import type { Outcome } from './outcome.ts';
import type { DemoAgent } from './profiles.ts';

/** What every play has to begin with. */
export interface Scene {
  github: Simulator;
  /** A folder of the play's own. */
  home: string;
  agents: Record<string, DemoAgent>;
  sandbox: Record<string, unknown>;
  tell(text: string): void;
}

/** The story with Orch in one of the places where it can be. */
export interface Play extends AsyncDisposable {
  /** Where Orch is, for people. */
  where: string;
  /** How to look inside while it stays up; null when nothing does. */
  inside: string | null;
  /** Tells what happens, until disposed. */
  narrate(): Disposable;
  /** Resolves when everything that was asked for is over and GitHub has been told. */
  ended(): Promise<unknown>;
  outcome(issue: number, seconds: number): Promise<Outcome>;
}
