import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { finalWords, lastWords } from '../../src/agent/last-words.ts';
import type { Progress } from '../../src/agent/watch/progress.ts';
import { temporaryDirectory } from '../support/temporary.ts';

async function wordsOf(log: string | Buffer, lines = 10): Promise<string> {
  await using directory = await temporaryDirectory();
  const file = join(directory.path, 'terminal.log');
  await writeFile(file, log);
  return lastWords(file, lines);
}

it('are the last lines that say something', async () => {
  expect(await wordsOf('one\r\ntwo\r\n\r\n  three  \r\n\r\n', 2)).toBe('two\n  three');
});

it('are readable: colours, titles, links, charsets and other sequences are stripped', async () => {
  const log =
    '\u001b]0;title\u0007\u001b[1;31mred\u001b[0m \u001b]8;;https://x.org\u001b\\link\u001b]8;;\u001b\\' +
    ' \u001bP1$r0m\u001b\\\u001b(Bplain\u001b[?25h\u001b=\u0007\u009b31m 👩‍👩‍👧\n';
  expect(await wordsOf(log)).toBe('red link plain31m 👩‍👩‍👧');
});

it('have of a progress bar what it showed last', async () => {
  expect(await wordsOf('10 %\r50 %\r100 %\r\ndone\r\r\n')).toBe('100 %\ndone');
});

it('are at most 2 KB, cut between characters', async () => {
  const words = await wordsOf(`${'é'.repeat(5_000)}x`);
  expect(words).toBe(`${'é'.repeat(1_023)}x`);
});

it('are found at the end of a log of any size, no half line before them', async () => {
  const words = await wordsOf(`${'y'.repeat(200_000)}\u001b[31\nlast\n`);
  expect(words).toBe('last');
  expect(await wordsOf('z'.repeat(200_000), 1)).toBe('z'.repeat(2_048));
});

it('are none where nothing was logged, and where an agent put something else than a file', async () => {
  expect(await lastWords('/no/such/log', 10)).toBe('');
  expect(await wordsOf('')).toBe('');
  await using directory = await temporaryDirectory();
  expect(await lastWords(directory.path, 10)).toBe('');
});

it('of a CLI that tells its end are what the agent said, and why it ended', () => {
  const told = (changes: Partial<Progress>) =>
    finalWords({ text: 'I tried.', end: null, limit: null, ...changes } as Progress);
  const end = (reason: string | null) => ({ ok: reason === null, reason, permanent: false });
  expect(told({})).toBeNull();
  expect(told({ end: end(null) })).toBe('I tried.');
  expect(told({ end: end('no key') })).toBe('I tried.\n\nno key');
  expect(told({ text: 'no key', end: end('no key') })).toBe('no key');
  expect(told({ text: null, end: end(null) })).toBeNull();
  expect(told({ limit: { kind: 'rate', reason: '429', until: null } })).toBe('I tried.\n\n429');
  expect(told({ text: `ghp_${'a1'.repeat(20)} ${'x'.repeat(3000)}`, end: end(null) })).toBe('x'.repeat(2048));
  expect(told({ text: `ghp_${'a1'.repeat(20)}`, end: end(null) })).not.toContain('a1a1');
});
