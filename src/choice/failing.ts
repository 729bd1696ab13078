import type { Clock } from '../shared/clock.ts';
import type { Log } from '../shared/log.ts';
import { keyedRounds } from '../shared/rounds.ts';
import type { Store } from '../store/open.ts';
import type { EndedRun } from '../store/past.ts';

export interface FailingOptions {
  store: Store;
  clock: Clock;
  log: Log;
}

/** So many runs in a row, of so many tasks, are the agent's fault, not a task's. */
const RUNS = 5;
const TASKS = 3;
const SHORTEST_MS = 60_000;
const LONGEST_MS = 3600_000;

/** An agent's CLI that could not even be started. */
const NOT_READY = /^E_(?:AGENT_NOT_READY|MISSING_PROGRAM):/;

/**
 * Gives a profile no task for a while when its runs go wrong one after the other, whatever the task: a key that is not valid
 * any more must not fail the whole queue. Its tasks go to other agents or wait. It is tried again after a minute, then after
 * twice as long each time, an hour at most.
 */
export function watchFailures({ store, clock, log }: FailingOptions) {
  const rounds = keyedRounds({
    clock,
    work: look,
    failed: (_: number, err) => log.error({ err }, 'failing agents could not be looked for'),
  });
  const news = store.journal.onAppend(rounds.wake);

  async function look(task: number): Promise<null> {
    const run = store.runs.ofTask(task).at(-1);
    if (!run || run.endedAt === null) return null;
    const hold = holdOf(store.past.ended(run.profile));
    const opened = store.breakers.opened(clock.now()).find(({ profile }) => profile === run.profile);
    if (!hold || hold.until <= Math.max(clock.now(), opened?.until ?? 0)) return null;
    store.breakers.open(run.profile, hold.until, hold.reason);
    log.warn({ agent: run.profile, until: hold.until }, `gets no task for now: ${hold.reason}`);
    return null;
  }

  return {
    async stop(): Promise<void> {
      news[Symbol.dispose]();
      await rounds.stop();
    },
  };
}

/** Until when (ms) a profile with these runs, the newest first, is left alone, and why; null when it is not. */
export function holdOf(runs: readonly EndedRun[]): { until: number; reason: string } | null {
  const good = runs.findIndex(run => !isBad(run));
  const bad = good < 0 ? runs : runs.slice(0, good);
  const [last] = bad;
  if (!last || bad.length < RUNS || new Set(bad.map(({ task }) => task)).size < TASKS) return null;
  const pause = Math.min(SHORTEST_MS * 2 ** (bad.length - RUNS), LONGEST_MS);
  const why = last.reason === null ? '' : `, the last one: ${last.reason}`;
  return { until: last.endedAt + pause, reason: `its last ${bad.length} runs went wrong${why}` };
}

/** Its program could not be run or ended with an error. What was killed from outside, as by a restart, has no exit code. */
function isBad({ outcome, exitCode, reason }: EndedRun): boolean {
  if (outcome !== 'failed' && outcome !== 'crashed') return false;
  return NOT_READY.test(reason ?? '') || (exitCode !== null && exitCode !== 0);
}
