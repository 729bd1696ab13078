import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bubblewrap } from '../support/sandbox.ts';
import { runCanary } from './canary/run.ts';

const MINUTES = 60_000;

/** The ways that docs/security.md lists as open where there is no sandbox. */
function listed(): string[] {
  const page = readFileSync(join(import.meta.dirname, '../../docs/security.md'), 'utf8');
  const list = /<!-- ways: none -->\n([\s\S]*?)<!-- end -->/.exec(page)?.[1] ?? '';
  return [...list.matchAll(/^- (.*)$/gm)].map(match => match[1] as string);
}

describe.concurrent('a hijacked agent that tries every way', () => {
  it.skipIf(bubblewrap === null)(
    'gets nothing and does nothing to others in bwrap, and tells nobody its own secrets',
    async () => {
      const outcomes = await runCanary('bwrap');
      expect(outcomes.filter(({ escaped }) => escaped !== null)).toEqual([]);
      expect(outcomes.length).toBeGreaterThan(40);
    },
    5 * MINUTES,
  );

  it(
    'without a sandbox has the ways that the page lists, and no other',
    async () => {
      const outcomes = await runCanary('none');
      const open = outcomes.filter(({ escaped }) => escaped !== null).map(({ name }) => name);
      expect(open.filter(name => !listed().includes(name))).toEqual([]);
      expect(outcomes.map(({ name }) => name)).toEqual(expect.arrayContaining(listed()));
      // Some are open to root alone, or only to programs that are not everywhere.
      expect(open.length).toBeGreaterThan(15);
      // What is told is what the broker and the reports let through: no sandbox is needed for that.
      expect(outcomes.filter(({ kind, escaped }) => kind === 'tell' && escaped !== null)).toEqual([]);
    },
    5 * MINUTES,
  );
});
