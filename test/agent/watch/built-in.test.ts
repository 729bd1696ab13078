import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openFold } from '../../../src/agent/watch/fold.ts';
import { interpret } from '../../../src/agent/watch/interpret.ts';
import type { Progress } from '../../../src/agent/watch/progress.ts';
import { builtIn, type Profile } from '../../../src/config/profiles/agents.ts';

const STREAMS = join(import.meta.dirname, '../../fixtures/agents/streams');
const NOW = Date.parse('2026-11-28T14:40:00Z');

/** What the built-in profile's rules make of these lines of its CLI. */
function read(name: string, lines: readonly string[]): Progress {
  const { events, limits, refusals } = builtIn(name) as Profile;
  const usedBefore = { input: 0, cached: 0, output: 0, cost: 0 };
  const fold = openFold({ limits, refusals, usedBefore, now: () => NOW });
  for (const line of lines) {
    const event = line.startsWith('{') ? JSON.parse(line) : { line };
    for (const told of interpret(events, event)) fold.tell(told);
  }
  return fold.progress;
}

/** Standard output of the real CLI; the README there says how it came about. */
function recorded(name: string, story: string): Progress {
  return read(
    name,
    readFileSync(join(STREAMS, name, `${story}.jsonl`), 'utf8')
      .trim()
      .split('\n'),
  );
}

describe('the built-in profile reads what its CLI prints:', () => {
  it.each([
    ['claude', { costUsd: 0.0012, model: 'claude-opus-5-5', session: expect.stringMatching(/^[\w-]{36}$/) }],
    ['codex', { costUsd: null, model: null, session: expect.stringMatching(/^[\w-]{36}$/) }],
    ['gemini', { costUsd: null, model: 'scripted-1', session: expect.stringMatching(/^[\w-]{36}$/) }],
    ['opencode', { costUsd: 0.00024, model: null, session: expect.stringMatching(/^ses_\w+$/) }],
  ])('%s at work', (name, { costUsd, ...more }) => {
    expect(recorded(name, 'success')).toMatchObject({
      ...more,
      state: 'ended',
      text: 'Done.',
      activity: expect.stringMatching(/^\w+ echo hello$/),
      events: expect.toSatisfy((events: number) => events >= 3),
      usage: { input: 200, cached: 0, output: 20 },
      costUsd: costUsd === null ? null : expect.closeTo(costUsd),
      limit: null,
      end: { ok: true, reason: null, permanent: false },
    });
  });

  it.each([
    ['claude', { input: 400, output: 40 }],
    ['codex', { input: 400, output: 40 }],
    ['gemini', { input: 200, output: 20 }],
    ['opencode', { input: 200, output: 20 }],
  ])('%s in a session that goes on', (name, usage) => {
    expect(recorded(name, 'resume')).toMatchObject({ text: 'Done again.', usage, end: { ok: true } });
  });

  it.each([
    ['claude', 'bad-request', 'API Error: 400 The scripted model refuses this request.'],
    ['codex', 'bad-request', 'The scripted model refuses this request.'],
    ['gemini', 'bad-request', 'The scripted model refuses this request.'],
    ['opencode', 'bad-request', 'The scripted model refuses this request.'],
    ['claude', 'unauthorized', 'authentication_failed'],
    ['codex', 'unauthorized', expect.stringContaining('401 Unauthorized')],
    ['gemini', 'unauthorized', 'The scripted model does not know this key.'],
    ['opencode', 'unauthorized', 'The scripted model does not know this key.'],
  ])('%s is refused for good: %s', (name, story, reason) => {
    expect(recorded(name, story)).toMatchObject({
      limit: null,
      end: { ok: false, reason, permanent: true },
    });
  });

  it.each([
    ['claude', 'rate-limit', { kind: 'rate', until: null }],
    ['codex', 'rate-limit', { kind: 'rate', until: null }],
    ['opencode', 'rate-limit', { kind: 'rate', until: null }],
    ['claude', 'overloaded', { kind: 'rate', until: null }],
    ['codex', 'overloaded', { kind: 'rate', until: null }],
    ['claude', 'usage-limit', { kind: 'rate', until: null }],
    ['codex', 'usage-limit', { kind: 'usage', until: expect.any(Number) }],
    ['gemini', 'usage-limit', { kind: 'usage', until: NOW + 3600_000 }],
  ])('%s is at its limit: %s', (name, story, limit) => {
    const { limit: found, end } = recorded(name, story);
    expect(found).toMatchObject(limit);
    expect(end?.permanent ?? false).toBe(false);
  });

  it.each([
    ['claude', 'cut', null],
    ['codex', 'cut', { ok: false, permanent: false }],
    ['gemini', 'cut', { ok: false, reason: '[API Error: terminated]', permanent: false }],
    ['opencode', 'cut', null],
    ['claude', 'interrupt', { ok: false, reason: 'aborted_tools', permanent: false }],
    ['codex', 'interrupt', null],
    ['gemini', 'interrupt', null],
    ['opencode', 'interrupt', null],
  ])('%s comes to nothing: %s', (name, story, end) => {
    const progress = recorded(name, story);
    expect(progress.limit).toBeNull();
    if (end === null) expect(progress.end).toBeNull();
    else expect(progress.end).toMatchObject(end);
  });

  it.each([
    [
      'gemini',
      'Attempt 1 failed: You have exhausted your capacity on this model. Suggested retry after 9s..',
    ],
    ['gemini', 'Attempt 1 failed with status 529. Retrying with backoff... _ApiError: {"error":{"code":529'],
    [
      'opencode',
      'timestamp=2026-11-28T14:56:02.050Z level=ERROR message="stream error" providerID=x small=false error.error="AI_APICallError: The limit of the model is reached."',
    ],
  ])('%s tells of its retries on standard error: %s', (name, line) => {
    const progress = read(name, [line, line, line]);
    expect(progress).toMatchObject({ retries: 3, state: 'limited', limit: expect.anything() });
  });

  it('gemini is not signed in, for which another try is of no use', () => {
    const end = { ok: false, reason: 'Invalid auth method selected.', permanent: true };
    expect(read('gemini', ['Invalid auth method selected.'])).toMatchObject({ end });
  });

  const TOO_LONG = 'The input token count (1048577) exceeds the limit of tokens allowed (1048576).';
  it.each([
    [
      'gemini',
      {
        type: 'result',
        status: 'error',
        error: { message: JSON.stringify({ message: TOO_LONG, code: 400 }) },
      },
    ],
    ['opencode', { type: 'error', error: { data: { message: TOO_LONG, statusCode: 400 } } }],
  ])('%s is asked for too much, which is no limit that passes', (name, event) => {
    expect(read(name, [JSON.stringify(event)])).toMatchObject({
      limit: null,
      end: { reason: TOO_LONG, permanent: true },
    });
  });

  it.each(['claude', 'codex', 'gemini', 'opencode'])('%s may talk of limits', name => {
    const words =
      '429 Too Many Requests: rate limit, usage limit reached, quota exceeded, resets at 2099-01-01';
    const success = readFileSync(join(STREAMS, name, 'success.jsonl'), 'utf8').replaceAll('Done.', words);
    const progress = read(name, success.trim().split('\n'));
    expect(progress).toMatchObject({ state: 'ended', text: words, limit: null, end: { ok: true } });
  });
});
