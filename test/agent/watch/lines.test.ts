import { expect, it } from 'vitest';
import { type Line, openLines } from '../../../src/agent/watch/lines.ts';

const shown = (line: Line) => (Buffer.isBuffer(line) ? line.toString() : line.bytes);

it('come whole, however they are cut', () => {
  const text = 'one\n\ntwo é\nthree';
  for (let size = 1; size < text.length; size++) {
    const lines = openLines(100);
    const bytes = Buffer.from(text);
    const found: Line[] = [];
    for (let at = 0; at < bytes.length; at += size) found.push(...lines.take(bytes.subarray(at, at + size)));
    expect([...found, ...lines.rest()].map(shown)).toEqual(['one', '', 'two é', 'three']);
  }
});

it('are measured when they are too long, and the next is whole', () => {
  const lines = openLines(5000);
  const found = lines.take(Buffer.from(`${'x'.repeat(5000)}\n${'x'.repeat(4000)}`));
  found.push(...lines.take(Buffer.from(`${'x'.repeat(4000)}\nok\n`)));
  expect(found.map(shown)).toEqual(['x'.repeat(5000), 8000, 'ok']);
  expect(lines.rest()).toEqual([]);
});
