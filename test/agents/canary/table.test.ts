import { describe, expect, it } from 'vitest';
import { rangeOf } from '../../../src/agent/inspect.ts';
import { builtIn, type Profile } from '../../../src/config/profiles/agents.ts';
import { CLIS } from '../../models/script.ts';
import { textOf } from '../../structure/source.ts';
import { triedIn, withTried } from './table.ts';

describe.each(CLIS)('docs/agents.md tells of %s', cli => {
  const rows = triedIn(textOf('docs/agents.md')).filter(row => row.cli === cli);
  const profile = builtIn(cli) as Profile;

  it('the versions that its profile says were tried', () => {
    const held = rows.filter(({ failed }) => failed.length === 0).map(({ version }) => version);
    expect(held.toReversed()).toEqual(profile.version.tried);
    expect(held).not.toEqual([]);
  });

  it('no new version that does not hold and that its profile lets pass', () => {
    const broken = rows.slice(
      0,
      rows.findIndex(({ failed }) => failed.length === 0),
    );
    const passing = broken.filter(({ version }) => rangeOf(profile, version) !== 'too new');
    expect(passing).toEqual([]);
  });
});

describe('the table of versions', () => {
  const page = (rows: string) =>
    `Before\n<!-- canary -->\n\n| CLI | Version | On | Sandbox | Result |\n| --- | --- | --- | --- | --- |\n${rows}\n<!-- end -->\nAfter\n`;
  const before = page(
    '| claude | 2.1.9 | 2026-11-20 | none | holds |\n| codex | 0.1.0 | 2026-11-20 | bwrap | does not hold: commit, say |\n',
  );

  it('is read', () => {
    expect(triedIn(before)).toEqual([
      { cli: 'claude', version: '2.1.9', on: '2026-11-20', sandbox: 'none', failed: [] },
      { cli: 'codex', version: '0.1.0', on: '2026-11-20', sandbox: 'bwrap', failed: ['commit', 'say'] },
    ]);
  });

  it('takes new versions, newest first, and a new result of an old one', () => {
    const news = [
      { cli: 'codex', version: '0.1.0', on: '2026-11-28', sandbox: 'bwrap', failed: [] },
      { cli: 'claude', version: '2.1.10', on: '2026-11-28', sandbox: 'bwrap', failed: ['resume'] },
    ] as const;
    expect(withTried(before, news)).toBe(
      page(
        '| claude | 2.1.10 | 2026-11-28 | bwrap | does not hold: resume |\n' +
          '| claude | 2.1.9 | 2026-11-20 | none | holds |\n' +
          '| codex | 0.1.0 | 2026-11-28 | bwrap | holds |\n',
      ),
    );
  });
});
