/** What a daemon under test is asked over its IPC channel: a kind that one of its preloads answers. */
export interface Question {
  id: number;
  kind: string;
  about: unknown;
}

export type FromDaemon =
  /** Takes webhooks at this port. */
  | { kind: 'listening'; port: number }
  | { kind: 'answer'; id: number; value: unknown }
  /** Something else that a preload has to tell. */
  | { kind: 'told'; about: unknown };
