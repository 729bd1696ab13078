import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openNarrator } from '../../../src/agent/watch/narrator.ts';
import { readProgress } from '../../../src/agent/watch/progress.ts';
import type { EventRule } from '../../../src/config/profiles/rules.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

const rule = (
  as: EventRule['as'],
  type: string,
  take: EventRule['take'],
  more: Partial<EventRule> = {},
): EventRule => ({
  ...{ when: { type }, as, take, set: {} },
  ...more,
});
const EVENTS = [
  rule('session', 'init', { id: 'id', model: 'model' }),
  rule('text', 'text', { text: 'text' }),
  rule('text', 'delta', { text: 'text' }, { mode: 'add' }),
  rule('tool', 'tool', { name: 'name', detail: 'input' }, { once: 'id' }),
  rule('usage', 'usage', { input: 'in', output: 'out', cost: 'cost' }),
  rule('retry', 'retry', { message: 'why', delay: 'delay' }),
  rule('retry', '', { message: 'line' }, { when: { line: { match: '^refused' } }, set: { silent: true } }),
  rule('end', 'end', { failed: 'failed', message: 'why' }),
];

function open(directory: string, outputLimitBytes = 1e6) {
  let shown = '';
  let time = 0;
  const due: (() => void)[] = [];
  const narrator = openNarrator({
    ...{
      events: EVENTS,
      limits: [],
      refusals: [],
      usedBefore: { input: 0, cached: 0, output: 0, cost: 0 },
      outputLimitBytes,
      directory,
      end: 'the end',
    },
    show: text => {
      shown += text;
    },
    now: () => time,
    later: (_ms, callback) => void due.push(callback),
  });
  return {
    narrator,
    shown: () => shown,
    due,
    wait: (ms: number) => {
      time += ms;
    },
    take: (...lines: (object | string)[]) =>
      lines.map(line =>
        narrator.take('stdout', Buffer.from(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`)),
      ),
  };
}

it('what the agent says and does is told in lines, with time and tokens', async () => {
  await using directory = await temporaryDirectory();
  const { take, narrator, shown, wait } = open(directory.path);
  take({ type: 'init', id: 's-1', model: 'm-1' }, { type: 'init', id: 's-1', model: 'm-1' });
  take({ type: 'text', text: 'I look\nat it.' });
  wait(65_000);
  take(
    { type: 'usage', in: 12_300, out: 45, cost: 0.126 },
    { type: 'tool', id: 1, name: 'Bash', input: { command: 'npm test' } },
  );
  take({ type: 'tool', id: 1, name: 'Bash', input: { command: 'npm test' } }, 'a plain word', {
    type: 'else',
  });
  take({ type: 'delta', text: 'All ' }, { type: 'delta', text: 'is ' }, { type: 'delta', text: 'well.' });
  take(
    'refused: 429',
    { type: 'retry', why: 'overloaded', delay: 1500 },
    { type: 'end', failed: true, why: 'out of luck' },
  );
  narrator.finish();
  expect(shown()).toBe(`  0:00         session s-1, model m-1
  0:00         I look
               at it.
  1:05    12k  › Bash npm test
  1:05    12k  a plain word
  1:05    12k  All is well.
  1:05    12k  ! refused: 429; the agent tries again
  1:05    12k  ! overloaded; the agent tries again in 2 s
  1:05    12k  ✗ failed: out of luck, 12k tokens in, 45 out, $0.13
`);
});

it('progress is written at once, then now and then, and when it is over', async () => {
  await using directory = await temporaryDirectory();
  const { take, narrator, due } = open(directory.path);
  const text = () => readProgress(directory.path)?.text;
  expect(text()).toBeNull();
  take({ type: 'text', text: 'one' }, { type: 'text', text: 'two' });
  expect([text(), due.length]).toEqual([null, 1]);
  due[0]?.();
  expect(text()).toBe('two');
  take({ type: 'text', text: 'three' });
  narrator.finish();
  expect(text()).toBe('three');
});

it('it ends with its line, and hears nothing after it', async () => {
  await using directory = await temporaryDirectory();
  const { take, narrator } = open(directory.path);
  expect(take({ type: 'text', text: 'one' }, 'the end')).toEqual([false, true]);
  narrator.finish();
  expect(readProgress(directory.path)?.text).toBe('one');
});

it('raw lines are kept whole up to the limit', async () => {
  await using directory = await temporaryDirectory();
  const { take } = open(directory.path, 40);
  take({ type: 'text', text: 'one' }, { type: 'text', text: 'two' }, { type: 'text', text: 'three' });
  expect(readFileSync(join(directory.path, 'events.jsonl'), 'utf8')).toBe(
    '{"type":"text","text":"one"}\n{"orch":"left out","more_than_bytes":40}\n',
  );
});

it('what is no event is shown up to the limit', async () => {
  await using directory = await temporaryDirectory();
  const { take, shown } = open(directory.path, 20);
  take('eight ch', 'eight ch', 'eight ch', 'eight ch', { type: 'text', text: 'I go on.' });
  const lines = shown()
    .split('\n')
    .map(line => line.trim().slice(4).trim());
  expect(lines).toEqual(['eight ch', 'eight ch', 'orch: more that is no event is not shown', 'I go on.', '']);
});

it('a disk that takes nothing is told once, and the rest goes on', async () => {
  await using directory = await temporaryDirectory();
  for (const name of ['events.jsonl', 'progress.json.new']) mkdirSync(join(directory.path, name));
  const { take, narrator, shown } = open(directory.path);
  take({ type: 'text', text: 'one' }, { type: 'text', text: 'two' });
  narrator.finish();
  expect(shown().match(/not kept any more: EISDIR/g)).toHaveLength(1);
  expect(shown()).toContain('two');
});

it('a flood of refused calls is waited for once', async () => {
  await using directory = await temporaryDirectory();
  const { take, due } = open(directory.path);
  take(...Array.from({ length: 1000 }, () => 'refused: 429'));
  expect(due).toHaveLength(2);
});

it('whatever a CLI says of itself, its progress can be read', async () => {
  await using directory = await temporaryDirectory();
  const { take, narrator } = open(directory.path);
  take({ type: 'init', id: 'x'.repeat(5000), model: 'm'.repeat(5000) });
  take(...Array.from({ length: 3 }, () => ({ type: 'usage', in: 1e308, out: 1.5, cost: 1e308 })));
  take({ type: 'tool', name: 'n'.repeat(5000), input: ['d'.repeat(5000)] });
  take({ type: 'retry', why: 'w'.repeat(5000), delay: 1e308 }, { type: 'end', failed: true, why: [{}] });
  narrator.finish();
  expect(readProgress(directory.path)).toMatchObject({ state: 'ended', usage: { input: 0, output: 6 } });
});

it('lines are not kept where an agent has put a link', async () => {
  await using directory = await temporaryDirectory();
  const elsewhere = join(directory.path, 'elsewhere');
  writeFileSync(elsewhere, '');
  symlinkSync(elsewhere, join(directory.path, 'events.jsonl'));
  const { take, shown } = open(directory.path);
  take({ type: 'text', text: 'one' });
  expect(readFileSync(elsewhere, 'utf8')).toBe('');
  expect(shown()).toContain('not kept any more: ELOOP');
});
