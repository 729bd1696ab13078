import { describe, expect, it } from 'vitest';
import { describeJob, parseJob, plan, seeded } from './kill/plan.ts';
import { runKills } from './kill/run.ts';

/** As many points as go into it: `npm run test:kill` does all of them, and each several times. */
const BUDGET_MS = 45_000;

describe('a daemon that is killed', () => {
  it(
    'loses nothing and does nothing twice, wherever it was',
    async () => {
      const said: string[] = [];
      const results = await runKills({
        kills: 1,
        seed: 1,
        lanes: 2,
        signal: AbortSignal.timeout(BUDGET_MS),
        progress: line => said.push(line),
      });
      expect(results.flatMap(({ violations }) => violations)).toEqual([]);
      expect(results.length).toBeGreaterThan(40);
      expect(
        results.reduce((sum, { kills }) => sum + kills, 0),
        said.join('\n'),
      ).toBeGreaterThan(8);
    },
    4 * BUDGET_MS,
  );
});

describe('the plan of kills', () => {
  const census = {
    plain: { 'git push:before': 2, 'git push:after': 2, 'POST pulls:before': 1 },
    label: { 'git push:before': 1 },
  };

  it('takes the moments of a point in turn, and is the same for the same seed', () => {
    const plans = plan(census, 4, seeded(7));
    expect(plans.map(({ point }) => point)).toEqual(['POST pulls', 'git push']);
    expect(plans[1]?.jobs.map(({ armed }) => armed?.point)).toEqual([
      ...['git push:before', 'git push:after', 'git push:before', 'git push:after'],
    ]);
    expect(plan(census, 4, seeded(7))).toEqual(plans);
    expect(plan(census, 4, seeded(8))).not.toEqual(plans);
  });

  it('names each kill so that it can be repeated', () => {
    const [job] = plan(census, 1, seeded(1))[0]?.jobs ?? [];
    expect(job && parseJob(describeJob(job))).toEqual(job);
    expect(() => parseJob('git push')).toThrow('is no kill');
  });
});
