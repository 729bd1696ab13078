import type { Cli, Past, Refusal, Reply } from './script.ts';

/** One API for models, as far as its CLI uses it. */
export interface Dialect {
  cli: Cli;
  /** Of a request. */
  path: RegExp;
  /** Throws on what is not a request of this API. */
  read(body: unknown, path: string): Question;
  /** The reply as server-sent events, in order. */
  events(answer: Answer): readonly ServerEvent[];
  /** The reply in one piece, where the CLI may ask for that. */
  whole?(answer: Answer): unknown;
  refusal(refusal: Refusal): { headers: Record<string, string>; body: unknown };
}

export interface ServerEvent {
  name?: string;
  data: unknown;
}

export interface Question {
  past: Past;
  tools: readonly Tool[];
  /** Whether the reply is to come as events. */
  streams: boolean;
}

export interface Tool {
  name: string;
  /** Codex groups the tools of an MCP server under its name. */
  namespace?: string;
}

/** A reply in the words of the CLI that asked. */
export interface Answer {
  /** Of the reply, unique in a server. */
  id: string;
  text: string;
  call: { tool: Tool; input: Record<string, unknown> } | null;
  /** Tokens. */
  usage: { input: number; output: number };
}

/** How the CLIs' shell tools are called, by their names. */
const SHELLS: Readonly<Record<string, (command: string) => Record<string, unknown>>> = {
  exec_command: cmd => ({ cmd }),
  Bash: command => ({ command, description: 'Work on the task' }),
  bash: command => ({ command, description: 'Work on the task' }),
  run_shell_command: command => ({ command }),
};

/** Errors: a tool that the CLI does not offer. */
export function answerOf(reply: Reply, tools: readonly Tool[], id: string): Answer {
  const { say = '', usage = { input: 100, output: 10 } } = reply;
  return { id, text: say, call: callOf(reply, tools), usage };
}

function callOf({ run, call }: Reply, tools: readonly Tool[]): Answer['call'] {
  if (run !== undefined) {
    const tool = pick(tools, 'for a shell', ({ name }) => name in SHELLS);
    return { tool, input: SHELLS[tool.name]?.(run) ?? {} };
  }
  if (call === undefined) return null;
  const { tool: wanted, input } = call;
  return { tool: pick(tools, wanted, ({ name }) => name === wanted || name.endsWith(`_${wanted}`)), input };
}

function pick(tools: readonly Tool[], wanted: string, fits: (tool: Tool) => boolean): Tool {
  const tool = tools.find(fits);
  if (tool) return tool;
  throw new Error(`No tool ${wanted} among: ${tools.map(({ name }) => name).join(', ')}`);
}

/** What each API says with these codes. */
export function wordsOf({ refuse, because }: Refusal): string {
  return because ?? WORDS[refuse];
}

const WORDS: Record<Refusal['refuse'], string> = {
  400: 'The scripted model refuses this request.',
  401: 'The scripted model does not know this key.',
  429: 'The limit of the scripted model is reached.',
  529: 'The scripted model is overloaded.',
};

/** Seconds, at least one. */
export function retryAfter({ resetsAt }: Refusal): number {
  return resetsAt ? Math.max(1, Math.ceil((resetsAt.getTime() - Date.now()) / 1000)) : 1;
}

/** Unix time in seconds, as all APIs give it. */
export function resetTime({ resetsAt }: Refusal): number | null {
  return resetsAt ? Math.floor(resetsAt.getTime() / 1000) : null;
}
