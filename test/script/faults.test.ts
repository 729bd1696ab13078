import { expect, it } from 'vitest';
import { faultsIn } from '../../script/faults.ts';

it('finds the faults that a test file names, with what happens', () => {
  const text = `
    describe('fault: tmux is gone', () => {
      it('the run is tried again', async () => {});
      it.skipIf(process.platform === 'darwin')("what is left of it's ended", () => {});
    });
    describe.skipIf(!mayMount)('fault: the disk is full', () => it('Orch waits', () => {}));
    describe('something else', () => it('is no fault', () => {}));`;
  expect(faultsIn('test/faults/host.test.ts', text)).toEqual([
    {
      title: 'tmux is gone',
      happens: ['the run is tried again', "what is left of it's ended"],
      file: 'test/faults/host.test.ts',
    },
    { title: 'the disk is full', happens: ['Orch waits'], file: 'test/faults/host.test.ts' },
  ]);
});

it('wants titles that can be read without running them', () => {
  const text = "describe('fault: tmux is gone', () => it(sentence, () => {}))";
  expect(() => faultsIn('host.test.ts', text)).toThrow(
    'host.test.ts: a test of “tmux is gone” needs a plain text',
  );
});
