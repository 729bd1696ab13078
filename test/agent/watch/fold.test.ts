import { describe, expect, it } from 'vitest';
import { openFold } from '../../../src/agent/watch/fold.ts';
import type { Progress } from '../../../src/agent/watch/progress.ts';
import type { Told } from '../../../src/agent/watch/told.ts';

const NOW = 1_000_000;
const TEXT: Told = { as: 'text', once: null, text: 'I look.', goesOn: false };
const TOOL: Told = { as: 'tool', once: null, name: 'Bash', detail: 'npm test' };
const REFUSED: Told = {
  ...{ as: 'retry', once: null, status: 429, message: 'slow down', delay: 500, silent: false, reset: null },
};
const SILENT: Told = { ...REFUSED, delay: null, silent: true };
const usage = (input: number, changes: object = {}): Told => ({
  ...{ as: 'usage', once: null, mode: 'add', tokens: { input, cached: 0, output: 1 }, cost: null },
  ...changes,
});
const end = (changes: object = {}): Told => ({
  ...{ as: 'end', once: null, failed: false, status: null, message: null, text: null },
  ...changes,
});

function fold(...told: Told[]): Progress {
  return open(() => NOW, told).progress;
}

function open(now: () => number, told: Told[]) {
  const limits = [
    { match: 'used up', kind: 'usage' as const, reset: 'until (\\S+)' },
    { status: [429], kind: 'rate' as const },
  ];
  const usedBefore = { input: 100, cached: 10, output: 5, cost: 1 };
  const folded = openFold({ limits, refusals: [{ status: [401] }], usedBefore, now });
  for (const each of told) folded.tell(each);
  return folded;
}

it('begins as starting, and works with the first word', () => {
  expect(fold()).toMatchObject({ state: 'starting', since: NOW, events: 0 });
  expect(fold({ as: 'session', once: null, id: 's', model: 'm' })).toMatchObject({
    state: 'starting',
    session: 's',
    model: 'm',
    events: 0,
  });
  expect(fold(TEXT, TOOL)).toMatchObject({
    state: 'working',
    text: 'I look.',
    activity: 'Bash npm test',
    events: 2,
  });
});

it('joins a text that comes in parts, up to the next tool', () => {
  const part = (text: string): Told => ({ as: 'text', once: null, text, goesOn: true });
  expect(fold(part('I '), usage(1), part('look.')).text).toBe('I look.');
  expect(fold(part('I look.'), TOOL, part('Done.')).text).toBe('Done.');
});

describe('usage', () => {
  it.each<[string, Told[], number]>([
    ['of steps is added up', [usage(10), usage(20)], 30],
    [
      'of one step told again counts once',
      [usage(10, { once: 'a' }), usage(12, { once: 'a' }), usage(5)],
      17,
    ],
    ['of the process is taken as it is', [usage(10), usage(25, { mode: 'set' })], 25],
    ['of the session is without what came before', [usage(130, { mode: 'session' })], 30],
    ['of a session that began anew is not below nothing', [usage(30, { mode: 'session' })], 0],
  ])('%s', (_what, told, input) => {
    expect(fold(...told).usage?.input).toBe(input);
  });

  it('of a step is remembered for as many as may be under way at once', () => {
    const others = (count: number) => Array.from({ length: count }, (_, n) => usage(1, { once: `${n}` }));
    const again = (count: number) => [usage(10, { once: 'a' }), ...others(count), usage(10, { once: 'a' })];
    expect(fold(...again(99)).usage?.input).toBe(109);
    expect(fold(...again(100)).usage?.input).toBe(120);
  });

  it('stays a number that can be written down, whatever is told', () => {
    const much = Array.from({ length: 10_000 }, () => usage(1e12));
    expect(fold(...much).usage?.input).toBe(1e12);
  });

  it('is unknown until it is told, and so is the cost', () => {
    expect(fold(TEXT)).toMatchObject({ usage: null, costUsd: null });
    expect(fold(usage(1, { mode: 'session', cost: 1.5 })).costUsd).toBe(0.5);
    expect(fold(usage(1, { cost: 0.5 }), usage(1), usage(1, { cost: 0.25 })).costUsd).toBe(0.75);
  });
});

describe('a refused call', () => {
  it('is the own business of the CLI at first, and a limit when it goes on', () => {
    expect(fold(TEXT, REFUSED, REFUSED)).toMatchObject({ state: 'working', limit: null, retries: 2 });
    expect(fold(REFUSED, REFUSED, TEXT, REFUSED)).toMatchObject({ limit: null, retries: 3 });
    expect(fold(REFUSED, REFUSED, REFUSED)).toMatchObject({
      state: 'limited',
      limit: { kind: 'rate', reason: 'slow down', until: null },
    });
  });

  it('is a limit at once when it is to last', () => {
    expect(fold({ ...REFUSED, delay: 90_000 }).state).toBe('limited');
    expect(fold({ ...REFUSED, reset: '120' }).limit?.until).toBe(NOW + 120_000);
    expect(fold({ ...REFUSED, message: 'used up until 1h' }).limit).toEqual({
      kind: 'usage',
      reason: 'used up until 1h',
      until: NOW + 3600_000,
    });
  });

  it('is a limit when a CLI that tells of it once then waits without a word', () => {
    let time = NOW;
    const waiting = open(() => time, [TEXT, SILENT]);
    time += 59_000;
    expect(waiting.waited()).toBe(1_000);
    expect(waiting.progress.limit).toBeNull();
    time += 1_000;
    expect(waiting.waited()).toBeNull();
    expect(waiting.progress).toMatchObject({ state: 'limited', since: time, limit: { reason: 'slow down' } });
  });

  it.each([
    ['goes on', [SILENT, TEXT]],
    ['would tell of the next, and thinks', [TEXT, REFUSED]],
  ])('is none when a CLI %s', (_what, told) => {
    let time = NOW;
    const thinking = open(() => time, told);
    time += 60_000;
    expect(thinking.waited()).toBeNull();
    expect(thinking.progress).toMatchObject({ state: 'working', limit: null });
  });

  it('is over with the next word', () => {
    expect(fold(REFUSED, REFUSED, REFUSED, TOOL)).toMatchObject({ state: 'working', limit: null });
  });

  it('for good is an end, whatever the CLI says when it is interrupted', () => {
    const told: Told[] = [
      { ...REFUSED, status: 401, message: 'no key' },
      end({ failed: true, message: 'interrupted' }),
    ];
    expect(fold(...told).end).toEqual({ ok: false, reason: 'no key', permanent: true });
  });

  it('for good is an end from the first time on, unless the agent is let in', () => {
    let time = NOW;
    const refused: Told = { ...REFUSED, status: 401, message: 'no key' };
    const folded = open(() => time, [TEXT, refused]);
    time += 5_000;
    folded.tell(refused);
    expect(folded.progress).toMatchObject({ state: 'ended', since: NOW, end: { permanent: true } });
    folded.tell(TEXT);
    expect(folded.progress).toMatchObject({ state: 'working', end: null });
  });

  it('that is neither is nothing', () => {
    const cut: Told = { ...REFUSED, status: null, message: 'connection lost' };
    expect(fold(cut, cut, cut, cut)).toMatchObject({ limit: null, end: null });
  });
});

describe('the end', () => {
  it('is well, and its text the last', () => {
    expect(fold(TEXT, end({ text: 'Fixed.' }))).toMatchObject({
      state: 'ended',
      text: 'Fixed.',
      end: { ok: true, reason: null, permanent: false },
    });
  });

  it('is a failure with its reason, for good if the model refuses', () => {
    expect(fold(end({ failed: true, message: 'broken' })).end).toEqual({
      ok: false,
      reason: 'broken',
      permanent: false,
    });
    expect(fold(end({ failed: true, text: 'no key', status: 401 })).end).toMatchObject({
      reason: 'no key',
      permanent: true,
    });
    expect(fold(end({ failed: true })).end?.reason).toBe('the agent says that it failed');
  });

  it('tells of a limit, its own or the one that it was stopped for', () => {
    const limited = fold(end({ failed: true, status: 429, message: 'slow down' }));
    expect(limited).toMatchObject({ state: 'ended', limit: { kind: 'rate' }, end: { permanent: false } });
    expect(fold(REFUSED, REFUSED, REFUSED, end({ failed: true })).limit?.reason).toBe('slow down');
  });

  it('is well though the CLI says something else when it is interrupted then', () => {
    expect(fold(TEXT, end(), end({ failed: true, message: 'aborted' })).end?.ok).toBe(true);
    expect(fold(end(), TEXT, end({ failed: true, message: 'broken' })).end?.reason).toBe('broken');
  });

  it('is none when the agent goes on', () => {
    expect(fold(end(), TEXT)).toMatchObject({ state: 'working', end: null });
    expect(fold(end(), usage(5, { mode: 'set' }))).toMatchObject({ state: 'ended', end: { ok: true } });
  });
});
