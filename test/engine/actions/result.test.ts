import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Result, readResult, writeResult } from '../../../src/engine/actions/result.ts';
import { aResult } from '../../support/order.ts';

const TOKEN = `ghp_${'a1B2'.repeat(9)}`;

describe('a result', () => {
  it('is read as it was written', () => {
    const result = aResult();
    expect(readResult('T42.2', [writeResult(result)])).toEqual({ version: 1, ...result });
  });

  it('is the last that was told of the run, among whatever else a job says', () => {
    const told = (run: string, reason: string) => writeResult(aResult({ run, reason }));
    const other = { title: 'Tests', message: told('T42.2', 'not this').message };
    const nothing = { title: null, message: null };
    const all = [told('T42.2', 'first'), told('T42.2', 'last'), told('T42.1', 'before'), other, nothing];
    expect(readResult('T42.2', all)?.reason).toBe('last');
  });

  it('holds nothing that looks like a token', () => {
    const words = { lastWords: `it was ${TOKEN}`, reason: TOKEN, summary: TOKEN, question: TOKEN };
    const limit = { kind: 'rate' as const, reason: TOKEN, until: null };
    expect(writeResult(aResult({ ...words, limit })).message).not.toContain(TOKEN.slice(0, 12));
  });

  it('is as long as a runner lets an annotation be: the least telling words go first', () => {
    const long = '"\n\u001b[1m'.repeat(3000);
    const notice = writeResult(aResult({ lastWords: long, summary: long, reason: 'it broke' }));
    expect(notice.message.length).toBeLessThanOrEqual(4096);
    expect(readResult('T42.2', [notice])).toMatchObject({ reason: 'it broke', outcome: 'succeeded' });
  });

  it('fits, whatever an agent says', () => {
    const words = fc.string({ unit: 'binary', maxLength: 3000 });
    fc.assert(
      fc.property(words, words, (lastWords, each) => {
        const many = { reason: each, summary: each, question: each, setupFailed: each, killedBy: each };
        const notice = writeResult(aResult({ lastWords, ...many }));
        expect(notice.message.length).toBeLessThanOrEqual(4096);
        expect(readResult('T42.2', [notice])).not.toBeNull();
      }),
      { numRuns: 10 },
    );
  });

  it.each([
    ['no JSON', 'succeeded'],
    ['nothing', ''],
    ['a list', '[1]'],
    ['of another run', writeResult(aResult({ run: 'T42.1' })).message],
    ['of another release', forged({ version: 2 as 1 })],
    ['with a field that nobody knows', forged({ next: 'completed' } as object)],
    ['with an outcome that nobody knows', forged({ outcome: 'merged' as 'failed' })],
    ['with a ref of the repository itself', forged({ rescued: 'refs/heads/main' })],
    ['with a cost below nothing', forged({ usage: { costUsd: -5 } as Result['usage'] })],
    ['longer than any', forged({ lastWords: 'x'.repeat(4000), summary: 'x'.repeat(500) })],
  ])('is none when it is %s', (_, message) => {
    expect(readResult('T42.2', [{ ...writeResult(aResult()), message }])).toBeNull();
  });
});

/** As somebody would write it who may push to the repository. */
function forged(changes: Partial<Result>): string {
  return JSON.stringify({ ...JSON.parse(writeResult(aResult()).message), ...changes });
}
