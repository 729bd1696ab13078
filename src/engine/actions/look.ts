import { githubMessage, isRefusal } from '../../github/client.ts';
import { cancel } from '../../queue/change.ts';
import type { Sight } from '../../scheduler/stages.ts';
import type { Dispatch } from '../../store/dispatches.ts';
import type { TaskPlace as Place } from '../../store/tasks.ts';
import type { Run, Task } from '../../task/glossary.ts';
import { isFinal } from '../../task/states.ts';
import { applyResult, isByItself, NOTHING_TOLD, sightOf, sightOfLost } from './apply.ts';
import type { Dispatcher } from './dispatch.ts';
import { type ActionsOptions, type Named, nameOf, placeNow } from './options.ts';
import { type Result, readResult } from './result.ts';
import type { WorkflowRun } from './workflow.ts';

/** GitHub is asked for a workflow run after this time, although no webhook has told of it. */
const POLL_MS = 120_000;
/** It is asked again after this time when it could not be asked. */
const RETRY_MS = 15_000;
/** So long after a workflow run has ended its job's notice may still come to light. */
const TOLD_WITHIN_MS = 120_000;
/** Before a job that no runner has taken is worth a word. */
const WAITS_AFTER_MS = 60_000;

/** What is known of a workflow run, as of its last look. */
interface Seen {
  /** When it is to be looked at again (ms). */
  due: number;
  sight: Sight;
  /** When its job began (ms), once it has. */
  startedAt: number | null;
  /** When it was first seen to be over (ms). */
  overAt: number | null;
  /** What the run has told at its end. */
  result: Result | null;
}

const ALIVE: Sight = { ...NOTHING_TOLD, session: 'alive' };
const NONE: Sight = { ...NOTHING_TOLD, session: 'none' };
const UNKNOWN: Sight = { ...NOTHING_TOLD, session: 'unknown' };

export type Looks = ReturnType<typeof openLooks>;

/**
 * Sees how runs go on. The scheduler looks every few seconds: it is answered by what was seen last, until a webhook or time
 * makes that old.
 */
export function openLooks(
  options: ActionsOptions & { dispatcher: Dispatcher; isStopped(run: Run): boolean },
) {
  const { store, clock, log, workflow, dispatcher } = options;
  const { dispatches } = store;
  const seen = new Map<string, Seen>();

  async function look(run: Run): Promise<Sight> {
    const dispatch = dispatches.get(run);
    if (dispatch === null) return NONE;
    const known = seen.get(nameOf(run));
    if (known && clock.now() < known.due) return known.sight;
    try {
      return await lookAnew(run, dispatch);
    } catch (error) {
      log.debug({ run: nameOf(run), why: githubMessage(error) }, 'the workflow run could not be looked at');
      // A right that was lost is no end of a run, unless nobody waits for that.
      const sight = isRefusal(error) && !isWanted(run) ? NONE : UNKNOWN;
      return remember(run, { sight, due: RETRY_MS });
    }
  }

  async function lookAnew(run: Run, dispatch: Dispatch): Promise<Sight> {
    if (dispatch.id === null || dispatch.known === null) {
      // Before its launch is done, `launch` and `kill` find out.
      if (run.spawnedAt === null) return NONE;
      if (await dispatcher.find(run, dispatch)) return await lookAnew(run, dispatches.get(run) as Dispatch);
      return dispatcher.unlistedFor(dispatch) === 0 ? NONE : remember(run, { sight: UNKNOWN, due: RETRY_MS });
    }
    const place = placeNow(store, run, dispatch.known.place);
    const found = await workflow.get(place, dispatch.id);
    if (found === null) return remember(run, { sight: NONE, due: POLL_MS });
    if (found.isOver) return await lookBack(run, place, found);
    const startedAt = seen.get(nameOf(run))?.startedAt ?? (await begun(run, place, found.id));
    tellOfWaiting(run, dispatch, startedAt === null);
    remember(run, { sight: ALIVE, due: startedAt === null ? WAITS_AFTER_MS : POLL_MS, startedAt });
    return isTimed(run, startedAt ?? clock.now()) ? ALIVE : UNKNOWN;
  }

  async function begun(run: Run, place: Place, id: number): Promise<number | null> {
    const { startedAt, runner } = await workflow.jobs(place, id);
    if (startedAt !== null) dispatches.learn(run, { runner });
    return startedAt;
  }

  /**
   * The time-out counts from when the job begins, not while it waits for a runner. Gives false where the row said otherwise,
   * and whoever asked has to read it again.
   */
  function isTimed(run: Run, since: number): boolean {
    if (run.spawnedAt === null || Math.abs(since - run.spawnedAt) < WAITS_AFTER_MS) return true;
    if (!store.runs.update(run, { spawnedAt: since })) return true;
    options.changed(run);
    return false;
  }

  /** The workflow run is over: what its job has told counts, and else how GitHub says that it ended. */
  async function lookBack(run: Run, place: Place, found: WorkflowRun): Promise<Sight> {
    const { conclusion } = found;
    const jobs = await workflow.jobs(place, found.id);
    const annotations = await workflow.annotations(place, jobs);
    const result = readResult(nameOf(run), annotations);
    const overAt = seen.get(nameOf(run))?.overAt ?? clock.now();
    // A job that ends well has told: GitHub does not show it yet, or not to us.
    if (result === null && conclusion === 'success' && clock.now() < overAt + TOLD_WITHIN_MS)
      return remember(run, { sight: UNKNOWN, due: RETRY_MS, overAt });
    if (result !== null) applyResult(store, run, result, clock.now());
    dispatches.learn(run, { runner: jobs.runner });
    const isCancelled =
      conclusion === 'cancelled' &&
      (result === null || result.outcome === 'cancelled') &&
      !annotations.some(isByItself);
    if (isCancelled && isWanted(run) && run.stopAt === null && !options.isStopped(run))
      cancel(store, run.task, 'its workflow run was cancelled on GitHub', clock.now());
    const sight = result === null ? sightOfLost({ conclusion, annotations }) : sightOf(result);
    return remember(run, { sight, due: Number.POSITIVE_INFINITY, result });
  }

  function isWanted(run: Run): boolean {
    const { epoch, state } = store.tasks.get(run.task) as Task;
    return epoch === run.epoch && !isFinal(state);
  }

  /** `due`: in how many ms it is looked at again. */
  function remember(run: Run, { due, ...news }: Partial<Seen> & Pick<Seen, 'sight' | 'due'>): Sight {
    seen.set(nameOf(run), { startedAt: null, overAt: null, result: null, ...news, due: clock.now() + due });
    return news.sight;
  }

  /** People are told of a job that no runner takes, and when one has. */
  function tellOfWaiting(run: Run, { begunAt }: Dispatch, waits: boolean): void {
    if (run.spawnedAt === null || clock.now() - begunAt < WAITS_AFTER_MS) return;
    const told = store.journal
      .ofTask(run.task)
      .findLast(event => event.type === 'agent:state' && event.data.run === run.number);
    const wasWaiting = told?.type === 'agent:state' && told.data.state === 'waiting';
    if (waits === wasWaiting) return;
    const state = waits ? 'waiting' : 'working';
    const detail = waits ? 'its job waits for a runner' : null;
    store.journal.append(clock.now(), run.task, 'agent:state', { run: run.number, state, detail });
  }

  return {
    look,
    /** Something has changed: what was seen before counts no more. */
    again(run: Named): void {
      const known = seen.get(nameOf(run));
      if (known) known.due = 0;
    },
    /** The run's end was seen, with what its job has told. */
    ended(run: Run): { result: Result | null } | null {
      const known = seen.get(nameOf(run));
      return known?.sight.session === 'ended' ? known : null;
    },
    forget: (run: Named): void => void seen.delete(nameOf(run)),
  };
}
