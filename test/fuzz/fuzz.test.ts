import { describe, expect, it } from 'vitest';
import { fuzz, SURFACES, shares } from './fuzz.ts';
import { pure } from './surface.ts';

describe('bad inputs', () => {
  it.each([...shares(3_000)].map(([surface, runs]) => [surface.name, surface, runs] as const))(
    'crash nothing, grant nothing and leak nothing: %s',
    { timeout: 120_000 },
    async (_, surface, runs) => {
      expect((await fuzz(surface, runs, 7)).failures).toEqual([]);
    },
  );

  it('are 500 named ones at least', () => {
    const named = SURFACES.reduce((sum, surface) => sum + Object.keys(surface.named).length, 0);
    expect(named).toBeGreaterThanOrEqual(500);
  });
});

describe('the fuzzer', () => {
  it('tells of a crash with the shrunk input', async () => {
    const [comments] = SURFACES;
    const fragile = pure({
      ...(comments as (typeof SURFACES)[0]),
      named: {},
      feed(input) {
        if (String(input).includes('/orch')) throw new TypeError('oops');
      },
    });
    const { failures } = await fuzz(fragile, 1_000, 1);
    expect(failures).toEqual([{ kind: 'crash', what: expect.stringMatching(/\/orch.*oops/) }]);
  });
});
