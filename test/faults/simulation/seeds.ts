import fc from 'fast-check';
import { Broken, histories, type Steps } from './history.ts';
import { Simulation } from './simulation.ts';

/** What a seed has found: the shortest history that breaks something, in words. */
export interface Violation {
  seed: number;
  history: readonly string[];
  trace: readonly string[];
  broken: readonly string[];
}

const MOST_STEPS = 50;
const MOST_SHRINKS = 300;
/** Every so manyth history goes on when it is over. */
const ASKING_FOR_MORE = 4;

/** Plays the history of one seed; null when everything held. */
export async function playSeed(seed: number): Promise<Violation | null> {
  let last: Omit<Violation, 'seed'> = { history: [], trace: [], broken: [] };
  const property = fc.asyncProperty(
    fc.limitShrink(fc.noBias(histories(MOST_STEPS)), MOST_SHRINKS),
    fc.scheduler(),
    async (steps, scheduler) => {
      const told: string[] = [];
      const trace: string[] = [];
      try {
        await play(steps, scheduler, told, trace, seed % ASKING_FOR_MORE === 0);
      } catch (error) {
        const broken = error instanceof Broken ? error.lines : [String((error as Error).stack)];
        last = { history: told, trace, broken };
        throw error;
      }
    },
  );
  const { failed } = await fc.check(property, { seed, numRuns: 1 });
  return failed ? { seed, ...last } : null;
}

async function play(
  steps: Steps,
  scheduler: fc.Scheduler,
  told: string[],
  trace: string[],
  asksForMore: boolean,
): Promise<void> {
  using simulation = await Simulation.begin(scheduler, told, trace);
  await fc.scheduledModelRun(scheduler, () => ({ model: {}, real: simulation }), steps);
  let broken = await simulation.calm();
  if (broken.length === 0 && asksForMore) broken = await simulation.askForMore();
  if (broken.length === 0) broken = await simulation.brokenAtRest();
  if (broken.length > 0) throw new Broken(broken);
}
