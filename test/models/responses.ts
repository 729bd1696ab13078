import { z } from 'zod';
import { openaiRefusal } from './chat.ts';
import type { Answer, Dialect, ServerEvent } from './dialect.ts';
import type { Past } from './script.ts';

const part = z.looseObject({ text: z.string().optional() });
const item = z.looseObject({
  type: z.string().default('message'),
  role: z.string().optional(),
  content: z.union([z.string(), z.array(part)]).nullish(),
});
const named = z.looseObject({ type: z.string(), name: z.string().optional() });
const tool = named.extend({ tools: z.array(named).optional() });
const request = z.object({
  input: z.union([z.string(), z.array(item)]),
  tools: z.array(tool).default([]),
  stream: z.boolean().default(false),
});

/** https://platform.openai.com/docs/api-reference/responses-streaming */
export const responses: Dialect = {
  cli: 'codex',
  path: /\/responses$/,
  read(body) {
    const { input, tools, stream } = request.parse(body);
    const past: Past = typeof input === 'string' ? [{ said: input }] : input.flatMap(pastOf);
    return { past, tools: tools.flatMap(toolsOf), streams: stream };
  },
  events(answer) {
    const { id, usage } = answer;
    const response = { id: `resp_${id}`, object: 'response', model: 'scripted-1' };
    const total_tokens = usage.input + usage.output;
    const tokens = {
      input_tokens: usage.input,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: usage.output,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens,
    };
    return [
      event('response.created', { response: { ...response, status: 'in_progress' } }),
      ...outputs(answer).flatMap((output, output_index) => [
        event('response.output_item.added', { output_index, item: { ...output, status: 'in_progress' } }),
        event('response.output_item.done', { output_index, item: output }),
      ]),
      event('response.completed', { response: { ...response, status: 'completed', usage: tokens } }),
    ];
  },
  refusal: openaiRefusal,
};

function pastOf({ type, role, content }: z.output<typeof item>): Past {
  if (type.endsWith('_call_output')) return ['answer'];
  if (type !== 'message' || role !== 'user' || !content) return [];
  if (typeof content === 'string') return [{ said: content }];
  return content.map(({ text }) => ({ said: text ?? '' }));
}

function toolsOf({ type, name, tools }: z.output<typeof tool>) {
  if (name === undefined) return [];
  if (type !== 'namespace') return [{ name }];
  return (tools ?? []).flatMap(inner => (inner.name ? [{ name: inner.name, namespace: name }] : []));
}

function outputs({ id, text, call }: Answer) {
  const content = [{ type: 'output_text', text, annotations: [] }];
  const message = { type: 'message', id: `msg_${id}`, role: 'assistant', status: 'completed', content };
  const use = call && {
    type: 'function_call',
    id: `fc_${id}`,
    call_id: `call_${id}`,
    ...call.tool,
    arguments: JSON.stringify(call.input),
    status: 'completed',
  };
  return [...(text === '' ? [] : [message]), ...(use ? [use] : [])];
}

function event(name: string, rest: Record<string, unknown>): ServerEvent {
  return { name, data: { type: name, ...rest } };
}
