import { describe, expect, it } from 'vitest';
import type { Cli, Scripts, Step } from './script.ts';
import { type Models, startModels } from './server.ts';

/** What each CLI sends, cut to what the server reads: a prompt, and as many answers of its shell tool as are told. */
const REQUESTS: Record<Cli, { path: string; body(prompt: string, answers: number): object }> = {
  claude: {
    path: '/v1/messages?beta=true',
    body: (prompt, answers) => ({
      stream: true,
      tools: [{ name: 'Bash' }, { name: 'mcp__orch__ask' }],
      messages: [
        { role: 'user', content: [{ type: 'text', text: prompt }] },
        ...Array(answers).fill({
          role: 'user',
          content: [{ type: 'tool_result' }, { type: 'text', text: 'A reminder' }],
        }),
      ],
    }),
  },
  codex: {
    path: '/v1/responses',
    body: (prompt, answers) => ({
      stream: true,
      tools: [
        { type: 'function', name: 'exec_command' },
        { type: 'namespace', name: 'mcp__orch', tools: [{ type: 'function', name: 'ask' }] },
      ],
      input: [
        { type: 'message', role: 'user', content: [{ type: 'input_text', text: prompt }] },
        ...Array(answers).fill({ type: 'function_call_output', output: 'hello' }),
      ],
    }),
  },
  gemini: {
    path: '/v1beta/models/scripted-1:streamGenerateContent?alt=sse',
    body: (prompt, answers) => ({
      tools: [{ functionDeclarations: [{ name: 'run_shell_command' }, { name: 'mcp_orch_ask' }] }],
      contents: [
        { role: 'user', parts: [{ text: prompt }] },
        ...Array(answers).fill({ role: 'user', parts: [{ functionResponse: {} }] }),
      ],
    }),
  },
  opencode: {
    path: '/v1/chat/completions',
    body: (prompt, answers) => ({
      stream: true,
      tools: [
        { type: 'function', function: { name: 'bash' } },
        { type: 'function', function: { name: 'orch_ask' } },
      ],
      messages: [
        { role: 'user', content: prompt },
        ...Array(answers).fill({ role: 'tool', content: 'hello' }),
      ],
    }),
  },
};

const CLIS = Object.keys(REQUESTS) as Cli[];

const SCRIPTS: Scripts = {
  greet: () => [
    { say: 'I greet.', run: 'echo hello' },
    { call: { tool: 'ask', input: { question: 'Whom?' } } },
    { say: 'Done.' },
  ],
  again: cli => [{ say: `${cli} again` }],
  limited: () => [
    { run: 'echo hello' },
    { refuse: 429, resetsAt: new Date(Date.now() + 60_000), times: 1 },
    { say: 'On.' },
  ],
  cut: () => [{ fail: 'cut' }],
  hang: () => [{ fail: 'hang' }],
};

const play = (scripts: Scripts | Step[], fallback?: string) =>
  startModels({
    scripts: Array.isArray(scripts) ? { it: () => scripts } : scripts,
    ...(fallback && { fallback }),
  });

function ask(models: Models, cli: Cli, prompt: string, answers = 0): Promise<Response> {
  const { path, body } = REQUESTS[cli];
  return fetch(models.url + path, { method: 'POST', body: JSON.stringify(body(prompt, answers)) });
}

const textOf = async (...asked: Parameters<typeof ask>) => (await ask(...asked)).text();

describe.each(CLIS)('the scripted model of %s', cli => {
  it('says, calls the shell and an MCP tool, and ends, as tools answer', async () => {
    await using models = await play(SCRIPTS);
    const prompt = 'Please [[script:greet]] them.\n\nThank you';
    const first = await textOf(models, cli, prompt);
    expect(first).toContain('I greet.');
    expect(first).toMatch(/"(exec_command|Bash|bash|run_shell_command)"/);
    expect(first).toContain('echo hello');
    expect(await textOf(models, cli, prompt, 1)).toContain('Whom?');
    expect(await textOf(models, cli, prompt, 2)).toContain('Done.');
    expect(await textOf(models, cli, prompt, 9)).toContain('Done.');
    expect(models.calls.map(call => call.step)).toEqual([0, 1, 2, 2]);
  });

  it('refuses until a limit is over, and then goes on where it was', async () => {
    await using models = await play(SCRIPTS);
    const refused = await ask(models, cli, '[[script:limited]]', 1);
    expect(refused.status).toBe(429);
    expect(await refused.text()).toContain('limit');
    expect(await textOf(models, cli, '[[script:limited]]', 1)).toContain('On.');
  });

  it('can hang up, and hang', async () => {
    await using models = await play(SCRIPTS);
    await expect(textOf(models, cli, '[[script:cut]]')).rejects.toThrow('terminated');
    const hanging = await ask(models, cli, '[[script:hang]]');
    expect(hanging.status).toBe(200);
    await hanging.body?.cancel();
  });

  it('takes the newest marker, of a session that was resumed', async () => {
    await using models = await play(SCRIPTS);
    expect(await textOf(models, cli, '[[script:greet]], and [[script:again]]')).toContain(`${cli} again`);
  });
});

describe('the scripted models', () => {
  it('count their calls by script and CLI, and those beside a conversation', async () => {
    await using models = await play(SCRIPTS);
    await textOf(models, 'claude', '[[script:again]]');
    await textOf(models, 'codex', '[[script:again]]');
    await textOf(models, 'codex', '[[script:again]]');
    const title = { messages: [{ role: 'user', content: 'A title for: [[script:again]]' }] };
    await fetch(`${models.url}/v1/chat/completions`, { method: 'POST', body: JSON.stringify(title) });
    const counted = await fetch(`${models.url}/calls`);
    expect(await counted.json()).toEqual({ again: { claude: 1, codex: 2 }, aside: { opencode: 1 } });
  });

  it('say when a usage limit ends, as each API does', async () => {
    const resetsAt = new Date(Date.now() + 60_000);
    const seconds = Math.floor(resetsAt.getTime() / 1000);
    await using models = await play([{ refuse: 429, resetsAt }]);
    const claude = await ask(models, 'claude', '[[script:it]]');
    expect(claude.headers.get('anthropic-ratelimit-unified-reset')).toBe(String(seconds));
    expect(await textOf(models, 'codex', '[[script:it]]')).toContain(`"resets_at":${seconds}`);
    expect(await textOf(models, 'gemini', '[[script:it]]')).toMatch(/"retryDelay":"(60|59)s"/);
  });

  it('refuse what no script is for, with the way out', async () => {
    await using models = await play(SCRIPTS);
    expect(await textOf(models, 'codex', 'Fix it')).toContain('no marker [[script:NAME]]');
    expect(await textOf(models, 'codex', '[[script:nope]]')).toContain('greet, again, limited');
    expect((await fetch(`${models.url}/v1/nothing`)).status).toBe(404);
    const broken = await fetch(`${models.url}/v1/messages`, { method: 'POST', body: '{' });
    expect(broken.status).toBe(400);
  });

  it('take a script for prompts without a marker', async () => {
    await using models = await play(SCRIPTS, 'again');
    expect(await textOf(models, 'gemini', 'Fix it')).toContain('gemini again');
    expect([models.heard('Fix it'), models.heard('Break it')]).toEqual([true, false]);
  });

  it('tell the tokens that a step says it took', async () => {
    await using models = await play([{ say: 'Done.', usage: { input: 4321, output: 1234 } }]);
    for (const cli of CLIS) {
      const text = await textOf(models, cli, '[[script:it]]');
      expect(text).toContain('4321');
      expect(text).toContain('1234');
    }
  });
});
