import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { describe, expect, it } from 'vitest';
import { serveMcp } from '../../../src/cli/worktree/mcp.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { type Agent, agentAtWork, bench } from '../../support/workspace.ts';

const URL = 'https://github.com/acme/widget/pull/7';

describe('orch mcp', () => {
  it('gives a client of the official SDK all that a worktree can do', async () => {
    await using made = await bench();
    await using agent = await agentAtWork(made);
    await agent.git('commit', '--allow-empty', '-qm', 'Fix it');
    await using client = await connected(agent);
    expect(client.getServerVersion()).toMatchObject({ name: 'orch' });
    expect(client.getInstructions()).toContain('Ask what you can');
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual([
      'ask',
      'progress',
      'read_context',
      'open_pull_request',
      'plan',
      'done',
    ]);
    const call = async (name: string, values: Record<string, unknown> = {}) => {
      const { content, isError } = await client.callTool({ name, arguments: values });
      return { text: (content as { text: string }[])[0]?.text, isError };
    };
    expect(await call('ask', { question: 'Which one?' })).toEqual({
      text: 'The first.\n\nAnd test it.',
      isError: false,
    });
    expect((await call('ask', { question: 'Is nobody there?' })).text).toContain('End your turn now');
    expect(await call('progress', { text: 'Half of it.' })).toEqual({ text: 'Told.', isError: false });
    expect(await call('open_pull_request', { title: '- Fix', body: '', draft: true })).toEqual({
      text: URL,
      isError: false,
    });
    const told = await call('plan', { text: 'Multiply.', files: 'a.js\n\nb.js\n' });
    expect(told).toMatchObject({ text: expect.stringContaining('End your turn'), isError: false });
    expect(await call('done', { summary: 'Fixed.' })).toMatchObject({ isError: false });
    expect(agent.asked).toEqual([
      { question: 'Which one?' },
      { isHeard: true },
      { question: 'Is nobody there?' },
      { progress: 'Half of it.' },
      { title: '- Fix', body: '', base: null, draft: true },
      { plan: { text: 'Multiply.', files: ['a.js', 'b.js'], risk: null } },
      { summary: 'Fixed.' },
    ]);
    expect(await call('open_pull_request', { base: 5 })).toEqual({
      text: 'The argument base is no string.',
      isError: true,
    });
    expect(await call('progress')).toEqual({ text: 'The argument text is missing.', isError: true });
    expect(await call('done', { force: true })).toMatchObject({ text: 'There is no argument force.' });
    await expect(client.callTool({ name: 'constructor' })).rejects.toThrow('There is no such tool');
  });
});

it('a call that its client gives up waits no more and is answered no more', async () => {
  await using home = await temporaryDirectory();
  const broker = join(home.path, 'broker.sock');
  const input = new PassThrough();
  const closed = Promise.withResolvers<void>();
  const server = createServer(socket => {
    socket.on('close', () => closed.resolve()).resume();
    input.write('{"method":"notifications/cancelled","params":{"requestId":1}}\n');
  });
  await once(server.listen(broker), 'listening');
  const served = serve(input, broker);
  const question = { name: 'ask', arguments: { question: 'Which one?' } };
  input.write(`${JSON.stringify({ id: 1, method: 'tools/call', params: question })}\n`);
  await closed.promise;
  input.end('{"id":2,"method":"ping"}\n');
  expect(await served).toEqual([{ jsonrpc: '2.0', id: 2, result: {} }]);
  server.close();
});

it('so many calls wait at once, each with an id of its own', async () => {
  await using home = await temporaryDirectory();
  const broker = join(home.path, 'broker.sock');
  const input = new PassThrough();
  let there = 0;
  const server = createServer(socket => {
    socket.on('error', () => {}).resume();
    // All that may wait are there, and the server has read what came after them.
    if (++there === 16) input.end('{"id":99,"method":"ping"}\n');
  });
  await once(server.listen(broker), 'listening');
  const served = serve(input, broker);
  const params = { name: 'ask', arguments: { question: 'Which one?' } };
  const call = (id: number) => input.write(`${JSON.stringify({ id, method: 'tools/call', params })}\n`);
  for (const id of [1, 1, ...Array.from({ length: 16 }, (_, index) => index + 2)]) call(id);
  expect(await served).toMatchObject([
    { id: 1, error: { message: 'Too many calls at once' } },
    { id: 17, error: { message: 'Too many calls at once' } },
    { id: 99, result: {} },
  ]);
  server.close();
});

describe('a message that is none', () => {
  it.each([
    ['hello', { id: null, error: { code: -32700, message: 'no JSON' } }],
    ['[]', { id: null, error: { code: -32600, message: 'no request' } }],
    ['{"id":{},"method":"ping"}', { id: null, error: { code: -32600 } }],
    ['{"id":1,"method":"resources/list"}', { id: 1, error: { code: -32601 } }],
    ['{"id":1,"method":"tools/call","params":[]}', { id: 1, error: { code: -32602 } }],
    ['{"id":1,"method":"ping","params":{"__proto__":{}}}', { id: 1, result: {} }],
    [
      '{"id":1,"method":"initialize","params":{"protocolVersion":"1999-01-01"}}',
      { id: 1, result: { protocolVersion: '2025-11-25' } },
    ],
  ])('%s', async (line, answer) => {
    expect(await answers(`${line}\n`)).toMatchObject([{ jsonrpc: '2.0', ...answer }]);
  });

  it('is passed over where it asks for nothing', async () => {
    const lines = ['', '{"id":5,"result":{}}', '{"method":"notifications/initialized"}'];
    expect(await answers(`${lines.join('\n')}\n{"method":"notifications/cancelled"}\n`)).toEqual([]);
  });

  it('without an end is not waited for', async () => {
    await expect(answers('x'.repeat(2_000_000))).rejects.toThrow('too long');
  });
});

async function connected(agent: Agent): Promise<Client & AsyncDisposable> {
  const client = new Client({ name: 'test', version: '1' });
  // As some CLIs start their servers: the socket is in nobody's environment.
  const { ORCH_BROKER: _, ...env } = agent.env;
  const transport = new StdioClientTransport({
    command: 'orch',
    args: ['mcp'],
    cwd: agent.workspace.tree,
    env,
  });
  await client.connect(transport);
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.close() });
}

/** What the server says to this input, where no broker is. */
function answers(text: string): Promise<unknown[]> {
  const input = new PassThrough();
  input.end(text);
  return serve(input, '/nowhere');
}

async function serve(input: Readable, broker: string): Promise<unknown[]> {
  let printed = '';
  const print = (line: string) => {
    printed += line;
  };
  await serveMcp({ cwd: '/', env: {}, broker, patience: 0, print, warn: print, input });
  // What a call has to say comes a turn later.
  await new Promise(resolve => setImmediate(resolve));
  return printed
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line));
}
