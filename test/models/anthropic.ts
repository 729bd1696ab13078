import { z } from 'zod';
import { type Answer, type Dialect, resetTime, retryAfter, type ServerEvent, wordsOf } from './dialect.ts';
import type { Past } from './script.ts';

const part = z.looseObject({ type: z.string(), text: z.string().optional() });
const request = z.object({
  messages: z.array(z.object({ role: z.string(), content: z.union([z.string(), z.array(part)]) })),
  tools: z.array(z.object({ name: z.string() })).default([]),
  stream: z.boolean().default(false),
});

const TYPES = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  429: 'rate_limit_error',
  529: 'overloaded_error',
};

/** https://docs.claude.com/en/api/messages-streaming */
export const anthropic: Dialect = {
  cli: 'claude',
  path: /^\/v1\/messages$/,
  read(body) {
    const { messages, tools, stream } = request.parse(body);
    const users = messages.filter(({ role }) => role === 'user');
    return { past: users.flatMap(({ content }) => pastOf(content)), tools, streams: stream };
  },
  events(answer) {
    const { content, usage, ...rest } = message(answer);
    const start = { ...rest, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } };
    const delta = { stop_reason: rest.stop_reason, stop_sequence: null };
    return [
      event('message_start', { message: start }),
      ...content.flatMap(blockEvents),
      event('message_delta', { delta, usage: { output_tokens: usage.output_tokens } }),
      event('message_stop', {}),
    ];
  },
  whole: message,
  refusal(refusal) {
    const { refuse } = refusal;
    const reset = resetTime(refusal);
    return {
      headers: {
        ...(refuse === 429 && { 'retry-after': String(retryAfter(refusal)) }),
        ...(reset !== null && {
          'anthropic-ratelimit-unified-status': 'rejected',
          'anthropic-ratelimit-unified-reset': String(reset),
        }),
      },
      body: { type: 'error', error: { type: TYPES[refuse], message: wordsOf(refusal) } },
    };
  },
};

function pastOf(content: string | z.output<typeof part>[]): Past {
  if (typeof content === 'string') return [{ said: content }];
  return content.flatMap((one): Past => {
    if (one.type === 'tool_result') return ['answer'];
    return one.text === undefined ? [] : [{ said: one.text }];
  });
}

function message({ id, text, call, usage }: Answer) {
  const said = text === '' ? [] : [{ type: 'text' as const, text }];
  const use = call && [
    { type: 'tool_use' as const, id: `toolu_${id}`, name: call.tool.name, input: call.input },
  ];
  return {
    id: `msg_${id}`,
    type: 'message',
    role: 'assistant',
    model: 'scripted-1',
    content: [...said, ...(use ?? [])],
    stop_reason: call ? 'tool_use' : 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: usage.input, output_tokens: usage.output },
  };
}

type Block = ReturnType<typeof message>['content'][number];

function blockEvents(block: Block, index: number): ServerEvent[] {
  const isText = block.type === 'text';
  const delta = isText
    ? { type: 'text_delta', text: block.text }
    : { type: 'input_json_delta', partial_json: JSON.stringify(block.input) };
  return [
    event('content_block_start', {
      index,
      content_block: { ...block, ...(isText ? { text: '' } : { input: {} }) },
    }),
    event('content_block_delta', { index, delta }),
    event('content_block_stop', { index }),
  ];
}

function event(name: string, rest: Record<string, unknown>): ServerEvent {
  return { name, data: { type: name, ...rest } };
}
