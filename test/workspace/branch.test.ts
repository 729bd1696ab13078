import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { branchName } from '../../src/workspace/branch.ts';

describe('a branch', () => {
  it.each([
    ['fix the failing test', 1, 'orch/T42-fix-the-failing-test'],
    ['Fix: `npm test`!\nand more', 1, 'orch/T42-fix-npm-test-and-more'],
    ['fix the failing test', 2, 'orch/T42-fix-the-failing-test-2'],
    ['修复测试', 1, 'orch/T42'],
    ['修复测试', 3, 'orch/T42-3'],
    ['', 1, 'orch/T42'],
    ['../../main', 1, 'orch/T42-main'],
    [`${'a'.repeat(39)} b`, 1, `orch/T42-${'a'.repeat(39)}`],
    ['ﬁne', 1, 'orch/T42-fine'],
  ])('for %j (%i) is %s', (instruction, suffix, name) => {
    expect(branchName(42, instruction, suffix)).toBe(name);
  });

  it('has a short name that git takes and that begins with its task, whatever is asked', () => {
    const anything = fc.oneof(fc.string({ unit: 'binary' }), fc.string());
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e9 }),
        anything,
        fc.integer({ min: 1, max: 99 }),
        (id, text, n) => {
          const name = branchName(id, text, n);
          expect(name).toMatch(/^orch\/T\d+(-[a-z0-9]+)*$/);
          expect(name.startsWith(`orch/T${id}`) && !/\d/.test(name.charAt(`orch/T${id}`.length))).toBe(true);
          expect(name.length).toBeLessThan(70);
        },
      ),
    );
  });

  it('of one task differs from every branch of another', () => {
    fc.assert(
      fc.property(
        fc.nat(999),
        fc.nat(999),
        fc.string(),
        fc.string(),
        fc.nat(9),
        fc.nat(9),
        (a, b, x, y, m, n) => {
          fc.pre(a !== b);
          expect(branchName(a + 1, x, m + 1)).not.toBe(branchName(b + 1, y, n + 1));
        },
      ),
    );
  });
});
