import { isRefusal } from '../../github/client.ts';
import { OrchError } from '../../shared/errors.ts';
import type { Dispatch } from '../../store/dispatches.ts';
import type { TaskPlace as Place } from '../../store/tasks.ts';
import type { Run } from '../../task/glossary.ts';
import type { Dispatcher } from './dispatch.ts';
import { type ActionsOptions, type Named, nameOf, placeNow } from './options.ts';

/** GitHub gives a job five minutes to end, and what it must do at its end takes some of them. */
const FORCE_AFTER_MS = 360_000;
/** From one request to end it to the next. */
const ASK_AGAIN_MS = 60_000;

/** Ends runs, by cancelling their workflow runs. */
export function openStops({
  store,
  clock,
  log,
  workflow,
  dispatcher,
}: ActionsOptions & { dispatcher: Dispatcher }) {
  const { dispatches } = store;
  const asked = new Map<string, { since: number; last: number }>();

  /** A job's end takes its time, in which it keeps the work: by force that would be lost. */
  async function end(run: Run, place: Place, id: number): Promise<void> {
    const now = clock.now();
    const { since, last } = asked.get(nameOf(run)) ?? { since: now, last: Number.NEGATIVE_INFINITY };
    if (now - last < ASK_AGAIN_MS) return;
    await workflow.cancel(place, id, now - since >= FORCE_AFTER_MS);
    asked.set(nameOf(run), { since, last: now });
  }

  async function endOrWait(run: Run): Promise<void> {
    const { id, known } = dispatches.get(run) as { id: number; known: NonNullable<Dispatch['known']> };
    const place = placeNow(store, run, known.place);
    const found = await workflow.get(place, id);
    if (found === null || found.isOver) return;
    await end(run, place, id);
    throw new OrchError('E_GITHUB_AWAY', `GitHub has not ended the workflow run of ${nameOf(run)} yet`);
  }

  return {
    isStopped: (run: Named): boolean => asked.has(nameOf(run)),
    forget: (run: Named): void => void asked.delete(nameOf(run)),

    async interrupt(run: Run): Promise<void> {
      const there = dispatches.get(run);
      if (there?.id && there.known) await end(run, placeNow(store, run, there.known.place), there.id);
    },

    /** Returns when nothing of the run goes on: a new one must not begin beside it. Errors: E_GITHUB_AWAY until then. */
    async kill(run: Run): Promise<void> {
      const there = dispatches.get(run);
      try {
        if (there === null || !(await dispatcher.settle(run, there))) return;
        await endOrWait(run);
      } catch (error) {
        if (!isRefusal(error)) throw error;
        // Whoever took the App's rights has the run to themselves.
        log.warn({ run: nameOf(run), err: error }, 'GitHub does not let its workflow run be ended');
      }
    },
  };
}
