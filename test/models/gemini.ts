import { z } from 'zod';
import { type Answer, type Dialect, retryAfter, wordsOf } from './dialect.ts';
import type { Past } from './script.ts';

const part = z.looseObject({ text: z.string().optional(), functionResponse: z.unknown().optional() });
const content = z.looseObject({ role: z.string().default('user'), parts: z.array(part).default([]) });
const declared = z.object({ name: z.string() });
const request = z.object({
  contents: z.array(content),
  tools: z.array(z.object({ functionDeclarations: z.array(declared).default([]) })).default([]),
});

const STATUSES = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  429: 'RESOURCE_EXHAUSTED',
  529: 'UNAVAILABLE',
};

/** https://ai.google.dev/api/generate-content */
export const gemini: Dialect = {
  cli: 'gemini',
  path: /:(streamGenerateContent|generateContent)$/,
  read(body, path) {
    const { contents, tools } = request.parse(body);
    const past = contents
      .filter(({ role }) => role !== 'model')
      .flatMap(({ parts }) => parts.flatMap(pastOf));
    return {
      past,
      tools: tools.flatMap(one => one.functionDeclarations),
      streams: path.endsWith(':streamGenerateContent'),
    };
  },
  events: answer => [{ data: generated(answer) }],
  whole: generated,
  refusal(refusal) {
    const { refuse } = refusal;
    const wait = {
      '@type': 'type.googleapis.com/google.rpc.RetryInfo',
      retryDelay: `${retryAfter(refusal)}s`,
    };
    const details = refuse === 429 ? [wait] : [];
    const error = { code: refuse, message: wordsOf(refusal), status: STATUSES[refuse], details };
    return { headers: {}, body: { error } };
  },
};

function pastOf({ text, functionResponse }: z.output<typeof part>): Past {
  if (functionResponse !== undefined) return ['answer'];
  return text === undefined ? [] : [{ said: text }];
}

function generated({ id, text, call, usage }: Answer) {
  const functionCall = call && { id: `call_${id}`, name: call.tool.name, args: call.input };
  const parts = [...(text === '' ? [] : [{ text }]), ...(functionCall ? [{ functionCall }] : [])];
  return {
    candidates: [{ index: 0, content: { role: 'model', parts }, finishReason: 'STOP' }],
    usageMetadata: {
      promptTokenCount: usage.input,
      candidatesTokenCount: usage.output,
      totalTokenCount: usage.input + usage.output,
    },
    modelVersion: 'scripted-1',
    responseId: id,
  };
}
