import { expect, it } from 'vitest';
import { playSeed } from './simulation/seeds.ts';

const SEEDS = 50;

// `npm run test:sim` plays as many as one likes; script/test plays 500.
it(`whatever people, agents and bad luck do in ${SEEDS} histories, nothing is lost, nothing is there twice, all settles`, async () => {
  for (let seed = 1; seed <= SEEDS; seed++) expect(await playSeed(seed)).toBeNull();
}, 120_000);
