import type { Readable } from 'node:stream';
import { version } from '../version.ts';
import type { Io } from './broker-client.ts';
import { callTool, TOOLS } from './mcp-tools.ts';

/** The versions of the protocol that are the same in what this server does; the newest first. */
const VERSIONS = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'];
const LONGEST_LINE = 1024 * 1024;
const MOST_CALLS = 16;

const INSTRUCTIONS = `You work on a task in a workspace of Orch. Through these tools you reach the people who gave it to you; nobody
reads along. Ask what you can't decide, tell of progress now and then, open the pull request, and say when the task is done.`;

interface Message {
  id: string | number | undefined;
  method: string;
  params: Record<string, unknown>;
}

/**
 * `orch mcp`: the Model Context Protocol over standard input and output, as far as tools need it, until the input ends.
 * It is no library's: in a sandbox there are Orch's own files and no packages.
 */
export async function serveMcp(io: Io): Promise<number> {
  const calls = new Map<string | number, AbortController>();
  const send = (message: object) => io.print(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  const fail = (id: string | number | null, code: number, message: string) =>
    send({ id, error: { code, message } });

  async function call(id: string | number, params: Message['params']): Promise<void> {
    const given = new AbortController();
    calls.set(id, given);
    const result = await callTool({ ...io, signal: given.signal }, params.name, params.arguments);
    calls.delete(id);
    if (given.signal.aborted) return;
    if (result === null) fail(id, -32602, 'There is no such tool');
    else send({ id, result });
  }

  function handle({ id, method, params }: Message): void {
    if (id === undefined) {
      // Whoever gave a call up hears no answer: what people say then must stay for later.
      if (method === 'notifications/cancelled') calls.get(params.requestId as string)?.abort();
    } else if (method === 'initialize') send({ id, result: introduce(params.protocolVersion) });
    else if (method === 'ping') send({ id, result: {} });
    else if (method === 'tools/list') send({ id, result: { tools: TOOLS } });
    else if (method !== 'tools/call') fail(id, -32601, 'There is no such method');
    else if (calls.size >= MOST_CALLS || calls.has(id)) fail(id, -32600, 'Too many calls at once');
    else void call(id, params);
  }

  try {
    for await (const line of lines(io.input)) {
      const message = readMessage(line);
      if (typeof message === 'string') fail(null, message === 'no JSON' ? -32700 : -32600, message);
      else if (message !== null) handle(message);
    }
    return 0;
  } finally {
    for (const given of calls.values()) given.abort();
  }
}

function introduce(wanted: unknown) {
  return {
    protocolVersion: VERSIONS.find(version => version === wanted) ?? VERSIONS[0],
    capabilities: { tools: {} },
    serverInfo: { name: 'orch', version: version() },
    instructions: INSTRUCTIONS,
  };
}

/** What a line asks for, null where it is an answer, or what is wrong with it. */
function readMessage(line: string): Message | null | 'no JSON' | 'no request' {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return 'no JSON';
  }
  if (!isObject(value)) return 'no request';
  const { id, method, params } = value;
  if (method === undefined && ('result' in value || 'error' in value)) return null;
  if (typeof method !== 'string') return 'no request';
  if (id !== undefined && typeof id !== 'string' && typeof id !== 'number') return 'no request';
  return { id, method, params: isObject(params) ? params : {} };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The lines of a stream that are not empty. Throws when one has no end. */
async function* lines(input: Readable): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of input.setEncoding('utf8')) {
    const parts = `${rest}${chunk}`.split('\n');
    rest = parts.pop() ?? '';
    if (rest.length > LONGEST_LINE) throw new Error('A message is too long.');
    yield* parts.filter(line => line.trim() !== '');
  }
}
