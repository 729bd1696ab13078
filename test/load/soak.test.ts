import { expect, it } from 'vitest';
import { runSoak, type Sample, slope } from './soak.ts';

it('plays stories to their end and leaves neither workspaces nor sessions', async () => {
  const { samples, end } = await runSoak({ minutes: 0.05, everySeconds: 1, progress: () => {} });
  expect(samples.length).toBeGreaterThan(0);
  expect(end.tasks).toBeGreaterThan(2);
  expect(end).toMatchObject({ workspaces: 0, sessions: 0 });
}, 120_000);

it('tells growth by the second half alone, in an hour', () => {
  const samples = [50, 10, 20, 21, 22, 23].map((heapMb, minutes) => ({ heapMb, minutes }) as Sample);
  expect(slope(samples, sample => sample.heapMb)).toBeCloseTo(60);
});
