import { describe, expect, it } from 'vitest';
import { interpret } from '../../../src/agent/watch/interpret.ts';
import type { EventRule } from '../../../src/config/profiles/rules.ts';

const rule = (changes: Partial<EventRule>): EventRule => ({
  when: {},
  as: 'text',
  take: { text: 'text' },
  set: {},
  ...changes,
});
const texts = (changes: Partial<EventRule>, event: unknown) =>
  interpret([rule(changes)], event).map(told => told.as === 'text' && told.text);

describe('a rule is about an event', () => {
  it.each<[string, EventRule['when'], unknown, boolean]>([
    ['that has the value', { type: 'a' }, { type: 'a' }, true],
    ['that has another', { type: 'a' }, { type: 'b' }, false],
    ['that lacks it', { type: 'a' }, {}, false],
    ['that has one of the values', { type: ['a', 'b'] }, { type: 'b' }, true],
    ['that fits the pattern', { 'a.b': { match: '^x+$' } }, { a: { b: 'xx' } }, true],
    ['that does not fit it', { 'a.b': { match: '^x+$' } }, { a: { b: 'xy' } }, false],
    ['in which any item has it', { 'a.*.b': 1 }, { a: [{ b: 0 }, { b: 1 }] }, true],
    ['whose value is inherited', { '__proto__.length': 0 }, [], false],
    ['that fits the pattern late', { a: { match: 'x$' } }, { a: `${'y'.repeat(3999)}x` }, true],
    ['that fits it too late', { a: { match: 'x$' } }, { a: `${'y'.repeat(4000)}x` }, false],
    ['that is a list', { length: 0 }, [], true],
  ])('%s', (_what, when, event, fits) => {
    const found = texts({ when, set: { text: 'yes' }, take: {} }, event);
    expect(found).toEqual(fits ? ['yes'] : []);
  });
});

describe('what is taken', () => {
  it('is of each item that fits', () => {
    const event = {
      content: [{ type: 't', text: 'one' }, { type: 'x', text: 'no' }, 7, { type: 't', text: 'two' }],
    };
    expect(texts({ each: 'content', where: { type: 't' } }, event)).toEqual(['one', 'two']);
  });

  it('is found by a pattern, or summed up', () => {
    const usage = rule({
      as: 'usage',
      take: { input: ['a', 'm.*.n'], output: { path: 'said', match: '(\\d+) out' } },
    });
    const event = { a: 1, m: { x: { n: 20 }, y: { n: 300 } }, said: 'it is 45 out' };
    expect(interpret([usage], event)).toMatchObject([
      { mode: 'add', tokens: { input: 321, cached: 0, output: 45 }, cost: null },
    ]);
  });

  it('is in one line, of an object what stands first', () => {
    const tool = rule({ as: 'tool', take: { name: 'name', detail: 'input' } });
    const event = { name: 'Bash', input: { command: 'npm  test\n&& \u001b[31mecho', description: 'no' } };
    expect(interpret([tool], event)).toMatchObject([{ name: 'Bash', detail: 'npm test && [31mecho' }]);
  });

  it.each([
    ['s-1', 's-1'],
    [7, '7'],
    ['ses_08A:b.c=', 'ses_08A:b.c='],
    ['--help', null],
    ['../../id', null],
    ['a b', null],
    ['a\0b\u001b[0m', null],
    ['x'.repeat(201), null],
    [{ id: { id: '-c' } }, null],
  ])('as the id of a session is what may stand in a command: %j', (id, wanted) => {
    const session = rule({ as: 'session', take: { id: 'id', model: 'model' } });
    expect(interpret([session], { id, model: 'm'.repeat(300) })).toMatchObject([
      { id: wanted, model: `${'m'.repeat(199)}…` },
    ]);
  });

  it.each([
    [1.5, 2],
    ['12', 12],
    [1e12, 1e12],
    [1e13, 0],
    [1e308, 0],
    [-1, 0],
    ['NaN', 0],
    [null, 0],
    [[], 0],
  ])('as tokens is a whole number within reason: %j', (input, wanted) => {
    const usage = rule({ as: 'usage', take: { input: 'input', cost: 'cost' } });
    const told = interpret([usage], { input, cost: 1e308 });
    expect(told).toMatchObject([{ tokens: { input: wanted, cached: 0, output: 0 }, cost: null }]);
  });

  it('is bounded', () => {
    const [text] = texts({}, { text: 'x'.repeat(1e6) });
    expect(text).toHaveLength(4000);
  });

  it.each([null, 7, 'text', [], {}, { text: 7 }, { text: '' }, { text: { text: 'x' } }])(
    'is nothing of %j',
    event => {
      expect(texts({}, event)).toEqual([]);
    },
  );

  it('counts as failed only by `true`', () => {
    const end = rule({ as: 'end', take: { failed: 'f' } });
    expect(interpret([end], { f: 'true' })).toMatchObject([{ failed: false }]);
    expect(interpret([end], { f: true })).toMatchObject([{ failed: true }]);
    expect(interpret([rule({ as: 'end', take: {}, set: { failed: true } })], {})).toMatchObject([
      { failed: true },
    ]);
  });
});
