import { describe, expect, it } from 'vitest';
import { prove } from '../../src/proof/prove.ts';
import type { ProofRun } from '../../src/store/proofs.ts';

type Side = ProofRun['where'];
type Result = 'passes' | 'hangs' | string[] | number;

const CLAIM = {
  ...{ base: 'b'.repeat(40), head: 'h'.repeat(40), command: 'npm test', tests: ['a.test.js'] },
  ...{ isOtherCommand: false, gone: [] as string[] },
};

/** Each side gives its results in turn, the last one for ever; a string is why there is no tree. */
async function proving(results: Partial<Record<Side, Result[] | string>>, claim: Partial<typeof CLAIM> = {}) {
  const left = structuredClone(results);
  let now = 0;
  return await prove(
    {
      now: () => now,
      async tree(where) {
        const of = left[where];
        if (typeof of === 'string') return of;
        return {
          async test() {
            now += 1000;
            const result = (of && of.length > 1 ? of.shift() : of?.[0]) ?? 'passes';
            const failed = Array.isArray(result) ? result : [];
            return {
              passed: result === 'passes',
              code: result === 'passes' ? 0 : result === 'hangs' ? null : Array.isArray(result) ? 1 : result,
              seconds: 1,
              ended: result === 'hangs' ? 'they took longer than 600 s' : null,
              failed,
              output: '',
            };
          },
        };
      },
    },
    { ...CLAIM, ...claim },
  );
}

describe('what the tests show', () => {
  it('is proven when they failed before and pass now, three times over', async () => {
    const proof = await proving({ tests: [['adds']], after: ['passes'] });
    expect(proof).toMatchObject({ verdict: 'proven', failedBefore: ['adds'], flaky: [] });
    expect(proof.runs.map(({ where }) => where)).toEqual([
      'after',
      'tests',
      'after',
      'after',
      'tests',
      'tests',
    ]);
  });

  it.each<[string, Parameters<typeof proving>[0], Parameters<typeof proving>[1], object]>([
    ['without a command', {}, { command: null as never }, { verdict: 'not_run', runs: [] }],
    ['without a new test', { before: ['passes'] }, { tests: [] }, { verdict: 'unproven' }],
    [
      'without a new test, where an old one failed',
      { before: [['old']] },
      { tests: [] },
      { verdict: 'proven', failedBefore: ['old'] },
    ],
    ['with tests that pass on the base too', { tests: ['passes'] }, {}, { verdict: 'unproven' }],
    ['with a base that hangs', { tests: ['hangs'] }, {}, { verdict: 'unproven' }],
    ['with a base that can not be set up', { tests: 'the setup failed' }, {}, { verdict: 'unproven' }],
    ['with work that can not be set up', { after: 'the setup failed' }, {}, { verdict: 'not_run' }],
    ['without the program', { after: [127], before: [127] }, {}, { verdict: 'not_run' }],
    ['with the program on the base alone', { after: [127], before: ['passes'] }, {}, { verdict: 'broken' }],
    ['with a program that the base lacks', { tests: [127] }, {}, { verdict: 'unproven', failedBefore: [] }],
    [
      'with tests that are run otherwise than on the base',
      {},
      { isOtherCommand: true },
      { verdict: 'unproven' },
    ],
    [
      'with a failure that was there before',
      { before: [['old']], after: [['old']] },
      {},
      { verdict: 'unproven', failing: ['old'] },
    ],
    ['with a nameless failure on both', { before: [2], after: [2] }, {}, { verdict: 'unproven' }],
    [
      'with one more failure than before',
      { before: [['old']], after: [['old', 'new']] },
      {},
      { verdict: 'broken', failing: ['new'] },
    ],
    [
      'with a failure where all passed',
      { before: ['passes'], after: [['total']] },
      {},
      { verdict: 'broken', failing: ['total'] },
    ],
    ['with work that hangs', { before: ['passes'], after: ['hangs'] }, {}, { verdict: 'broken' }],
    [
      'with a test that passes now and then',
      { before: ['passes'], after: [['shaky'], 'passes'] },
      {},
      { verdict: 'unproven', flaky: ['shaky'] },
    ],
    [
      'with a new test that fails now and then on the base',
      { tests: [['shaky'], 'passes'] },
      {},
      { verdict: 'unproven', flaky: ['shaky'] },
    ],
    [
      'with a nameless one that passes now and then',
      { before: ['passes'], after: [1, 'passes'] },
      {},
      { verdict: 'unproven', flaky: ['npm test'] },
    ],
  ])('%s', async (_, results, claim, expected) => {
    expect(await proving(results, claim)).toMatchObject(expected);
  });
});
