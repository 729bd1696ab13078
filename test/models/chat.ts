import { z } from 'zod';
import { type Dialect, resetTime, retryAfter, type ServerEvent, wordsOf } from './dialect.ts';
import type { Past, Refusal } from './script.ts';

const part = z.looseObject({ text: z.string().optional() });
const message = z.looseObject({
  role: z.string(),
  content: z.union([z.string(), z.array(part)]).nullish(),
});
const request = z.object({
  messages: z.array(message),
  tools: z.array(z.object({ function: z.object({ name: z.string() }) })).default([]),
  stream: z.boolean().default(false),
});

/** https://platform.openai.com/docs/api-reference/chat-streaming */
export const chat: Dialect = {
  cli: 'opencode',
  path: /\/chat\/completions$/,
  read(body) {
    const { messages, tools, stream } = request.parse(body);
    return { past: messages.flatMap(pastOf), tools: tools.map(one => one.function), streams: stream };
  },
  events({ id, text, call, usage }) {
    const chunk = (delta: unknown, finish_reason: string | null, rest = {}): ServerEvent => {
      const choices = [{ index: 0, delta, finish_reason }];
      const model = 'scripted-1';
      const head = { id: `chat_${id}`, object: 'chat.completion.chunk', created: 0, model };
      return { data: { ...head, choices, ...rest } };
    };
    const use = call && { name: call.tool.name, arguments: JSON.stringify(call.input) };
    const tokens = { prompt_tokens: usage.input, completion_tokens: usage.output };
    return [
      chunk({ role: 'assistant', content: text }, null),
      ...(use
        ? [chunk({ tool_calls: [{ index: 0, id: `call_${id}`, type: 'function', function: use }] }, null)]
        : []),
      chunk({}, call ? 'tool_calls' : 'stop', {
        usage: { ...tokens, total_tokens: usage.input + usage.output },
      }),
      { data: '[DONE]' },
    ];
  },
  refusal: openaiRefusal,
};

function pastOf({ role, content }: z.output<typeof message>): Past {
  if (role === 'tool') return ['answer'];
  if (role !== 'user' || !content) return [];
  if (typeof content === 'string') return [{ said: content }];
  return content.map(({ text }) => ({ said: text ?? '' }));
}

const TYPES = {
  400: 'invalid_request_error',
  401: 'invalid_api_key',
  429: 'rate_limit_exceeded',
  529: 'server_is_overloaded',
};

/** OpenAI's error; a usage limit with the fields that a subscription's has. */
export function openaiRefusal(refusal: Refusal): ReturnType<Dialect['refusal']> {
  const resets_at = resetTime(refusal);
  const type = resets_at === null ? TYPES[refusal.refuse] : 'usage_limit_reached';
  return {
    headers: refusal.refuse === 429 ? { 'retry-after': String(retryAfter(refusal)) } : {},
    body: {
      error: {
        message: wordsOf(refusal),
        type,
        code: type,
        param: null,
        ...(resets_at !== null && { resets_at, plan_type: 'plus' }),
      },
    },
  };
}
