/** The CLIs that the server knows, each by the API that it speaks. */
export const CLIS = ['claude', 'codex', 'gemini', 'opencode'] as const;
export type Cli = (typeof CLIS)[number];

/** What the model does when it is asked. One that calls a tool is followed by the next when the tool has answered. */
export type Step = { afterMs?: number } & (Reply | Refusal | Failure);

export interface Reply {
  say?: string;
  /** A shell command, for the CLI's own shell tool. */
  run?: string;
  /** An MCP tool by its own name, found among those that the CLI offers under whatever prefix. */
  call?: { tool: string; input: Record<string, unknown> };
  /** Tokens. */
  usage?: { input: number; output: number };
}

/** A refusal that is over is left out of the script, as if the model had come to its senses. */
export interface Refusal {
  refuse: 400 | 401 | 429 | 529;
  /** Instead of the server's own words. */
  because?: string;
  /** With 429: when the usage limit ends. Without it the rate is limited. */
  resetsAt?: Date;
  /** How many calls are refused; all of them unless set. */
  times?: number;
}

/** Nothing comes any more, or the connection is closed in the middle of a reply. */
interface Failure {
  fail: 'hang' | 'cut';
}

type Script = (cli: Cli) => readonly Step[];
export type Scripts = Readonly<Record<string, Script>>;

/** What people said and that tools answered, oldest first. */
export type Past = readonly ({ said: string } | 'answer')[];

/**
 * Where a conversation stands: the script that its newest marker `[[script:NAME]]` names, and how many tools have answered
 * since. It takes no more than the request, so that any number of sessions, resumed ones included, share a server.
 * Without a marker it is the fallback, from the beginning.
 */
export function placeOf(past: Past, fallback: string | null): { script: string; answers: number } | null {
  const markers = past.map(one => (one === 'answer' ? null : lastMarker(one.said)));
  const newest = markers.findLastIndex(name => name !== null);
  const script = markers[newest] ?? fallback;
  if (script === null) return null;
  return { script, answers: past.slice(Math.max(newest, 0)).filter(one => one === 'answer').length };
}

function lastMarker(text: string): string | null {
  return [...text.matchAll(/\[\[script:([\w-]+)\]\]/g)].at(-1)?.[1] ?? null;
}
