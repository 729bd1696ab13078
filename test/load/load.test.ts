import { expect, it } from 'vitest';
import { percentile } from './deliveries.ts';
import { runLoad } from './load.ts';

// How fast is for `npm run load` to say: here other tests have the machine too.
it('loses no delivery and runs no task twice while the queue is long', async () => {
  const said: string[] = [];
  const options = {
    seconds: 2,
    burst: 300,
    tasks: 100,
    agents: 4,
    progress: (line: string) => said.push(line),
  };
  const result = await runLoad(options);
  expect(result, said.join('\n')).toMatchObject({
    deliveries: 500,
    deliveries_lost: 0,
    agents_at_once: 4,
    run_twice: 0,
  });
}, 120_000);

it('counts percentiles by the value that so many do not exceed', () => {
  expect(percentile([4, 1, 3, 2], 50)).toBe(2);
  expect(percentile([4, 1, 3, 2], 99)).toBe(4);
});
