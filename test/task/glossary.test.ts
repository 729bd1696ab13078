import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTaskName, runName, taskName } from '../../src/task/glossary.ts';

describe('names', () => {
  it.each(['T42', 't42', 'task_042', 'task-42', 'task42', 'TASK_42', '42', '0042', ' T42\n'])(
    'of the same task: %j',
    name => expect(parseTaskName(name)).toBe(42),
  );

  it.each([
    '',
    'T',
    'T0',
    '0',
    '000',
    'T-1',
    '-1',
    '1.5',
    'T42.1',
    'T42x',
    'x42',
    '4 2',
    '1e3',
    '0x1f',
    'T٤٢',
    'T4\n2',
  ])('of no task: %j', name => expect(parseTaskName(name)).toBeNull());

  it('beyond what a number holds exactly are none', () => {
    expect(parseTaskName('T999999999999999')).toBe(999_999_999_999_999);
    expect(parseTaskName('T9999999999999999')).toBeNull();
  });

  it('are read back as they were written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 999_999_999_999_999 }), id => {
        expect(parseTaskName(taskName(id))).toBe(id);
      }),
    );
  });

  it('of a run tell task and number', () => expect(runName(42, 3)).toBe('T42.3'));
});
