import { expect, it } from 'vitest';
import { callsOf, filesUnder } from './source.ts';

it('tests say how long they wait at most, since the second of the default is over soon on a busy machine', () => {
  const waiting = filesUnder('test').filter(
    ({ path, text }) => path.endsWith('.ts') && text.includes('vi.wait'),
  );
  const hasty = waiting.flatMap(file =>
    callsOf('vi', file).flatMap(({ line, method, count }) =>
      method.startsWith('wait') && count < 2 ? [`${file.path}:${line}: give { timeout: 15_000 }`] : [],
    ),
  );
  expect(waiting.length).toBeGreaterThan(0);
  expect(hasty).toEqual([]);
});
