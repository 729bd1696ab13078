/** Below this (ms of processor time) a figure is mostly noise. */
const LEAST = 10;

/**
 * How many times as long work takes on four times the input: about 4 when it is linear, 16 when it is quadratic. Processor
 * time, the best of five, so that a busy machine changes little.
 */
export function growth(work: (input: string) => void, input: string): number {
  const quarter = input.slice(0, Math.ceil(input.length / 4));
  const [small, large] = [best(() => work(quarter)), best(() => work(input))];
  return large / Math.max(small, LEAST);
}

/** Above linear with room for noise, and below quadratic. */
export const NEARLY_LINEAR = 12;

function best(work: () => void): number {
  const times = [1, 2, 3, 4, 5].map(() => {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
  return Math.min(...times);
}
