import { expect, it } from 'vitest';
import { Groups } from '../../../src/simulator/workflows/groups.ts';

it('begins nobody anew when one that waits leaves', () => {
  const groups = new Groups();
  const begun: string[] = [];
  const turn = { group: 'orch', cancelsOthers: false, waits: 2 };
  const [first, second, third] = ['first', 'second', 'third'].map(name => ({ name })) as [
    object,
    object,
    object,
  ];
  for (const who of [first, second, third])
    groups.enter(who, turn, { begin: () => begun.push((who as { name: string }).name), cancel: () => {} });
  groups.leave(second);
  expect(begun).toEqual(['first']);
  groups.leave(first);
  expect(begun).toEqual(['first', 'third']);
});
