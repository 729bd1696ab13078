import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { lastWords } from '../../src/agent/last-words.ts';
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
