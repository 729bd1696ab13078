import { describe, expect, it } from 'vitest';
import { describeJob, parseJob, plan, seeded } from './kill/plan.ts';
import { runKills } from './kill/run.ts';

describe('a daemon that is killed', () => {
  it('loses nothing and does nothing twice, at a dozen of its crash points', async () => {
    const said: string[] = [];
    const options = { kills: 1, seed: 1, most: 12, lanes: 2, progress: (line: string) => said.push(line) };
    const results = await runKills(options);
    expect(results.flatMap(({ violations }) => violations)).toEqual([]);
    expect(results.length).toBeGreaterThan(40);
    const kills = results.reduce((sum, result) => sum + result.kills, 0);
    expect(kills, said.join('\n')).toBeGreaterThan(9);
  }, 300_000);
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
