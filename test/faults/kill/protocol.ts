/** A crash point and how often it is passed before the daemon dies there: 1 for the first time. */
export interface Armed {
  point: string;
  hit: number;
}

/** What a daemon under test is told over its IPC channel. */
export type ToChild =
  | { kind: 'arm'; armed: Armed | null }
  /** Which points it has passed since it was armed. */
  | { kind: 'passed'; id: number }
  | { kind: 'query'; id: number; sql: string; values: unknown[] };

export type FromChild =
  /** Takes webhooks at this port. */
  | { kind: 'listening'; port: number }
  /** Something was committed. */
  | { kind: 'news' }
  /** The last word of one that was asked to stop. */
  | { kind: 'ending'; passed: Record<string, number> }
  | { kind: 'answer'; id: number; value: unknown };
