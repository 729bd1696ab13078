import { githubMessage } from '../../github/client.ts';
import { duration } from '../../shared/clock.ts';
import { OrchError } from '../../shared/errors.ts';
import type { Dispatch } from '../../store/dispatches.ts';
import type { TaskPlace as Place } from '../../store/tasks.ts';
import type { Run, Task } from '../../task/glossary.ts';
import { type ActionsOptions, type Named, nameOf } from './options.ts';
import { writeOrder } from './order.ts';
import type { WorkflowRun } from './workflow.ts';
import { orderOf } from './write-order.ts';

/** GitHub lists a run that it has started within seconds; after this time one that is not listed was not started. */
const LISTED_WITHIN_MS = 300_000;
/** The clocks of this host and of GitHub may differ by so much. */
const SKEW_MS = 600_000;

export type Dispatcher = ReturnType<typeof openDispatcher>;

/**
 * Starts the workflow run of each run, once. The intent is on disk before GitHub is asked, and where an answer never came, what
 * it started is looked for before anything else is done about the run.
 */
export function openDispatcher(options: ActionsOptions) {
  const { store, clock, workflow } = options;
  const { dispatches } = store;

  async function start(task: Task, run: Run, place: Place): Promise<void> {
    const how = { model: options.model(run), timeoutSeconds: options.timeoutSeconds(task, run) };
    const inputs = writeOrder(orderOf(store, task, run, how));
    const ref = await workflow.ref(place);
    dispatches.begin(run, clock.now());
    try {
      const started = await workflow.dispatch(place, ref, inputs);
      if (started) dispatches.taken(run, place, started);
    } catch (error) {
      if (error instanceof OrchError) {
        dispatches.forget(run);
        throw error;
      }
      const what = `GitHub did not answer the dispatch of ${nameOf(run)}: ${githubMessage(error)}`;
      throw new OrchError('E_GITHUB_AWAY', what, { cause: error });
    }
  }

  /** Finds what a dispatch has started whose answer never came, and writes it down. */
  async function find(run: Run, dispatch: Dispatch): Promise<boolean> {
    const place = await options.placeOf(store.tasks.get(run.task) as Task);
    const [self, all] = await Promise.all([workflow.self(place), workflow.list(place)]);
    const ours = all.filter(each => isOf(run, dispatch, self, each)).sort((a, b) => a.id - b.id);
    // The first one has begun, and a second one must not go on.
    const [first, ...others] = ours;
    if (!first) return false;
    // Once it is known nobody looks for others any more.
    await Promise.all(others.map(each => workflow.cancel(place, each.id, false)));
    dispatches.taken(run, place, first);
    return true;
  }

  /** By its name, and not somebody else's or one of before a backup was put back. */
  function isOf(run: Named, { begunAt }: Dispatch, self: string, each: WorkflowRun): boolean {
    return each.title === `Orch ${nameOf(run)}` && each.actor === self && each.createdAt >= begunAt - SKEW_MS;
  }

  /** How long what it has started may still come to light (ms). */
  const unlistedFor = ({ begunAt }: Dispatch) => Math.max(0, begunAt + LISTED_WITHIN_MS - clock.now());

  /** Gives false when nothing came of the dispatch, and nothing will. Errors: E_GITHUB_AWAY while nobody can know. */
  async function settle(run: Run, dispatch: Dispatch): Promise<boolean> {
    if (dispatch.id !== null || (await find(run, dispatch))) return true;
    const left = unlistedFor(dispatch);
    if (left === 0) return false;
    const what = `GitHub may have started ${nameOf(run)} and does not list it; nobody else starts it for ${duration(left)}`;
    throw new OrchError('E_GITHUB_AWAY', what);
  }

  return {
    /** Starts it, or finds the one that was started. Errors: E_WORKFLOW, E_GITHUB_AWAY, E_PROMPT_TOO_LONG. */
    async launch(task: Task, run: Run): Promise<void> {
      const there = dispatches.get(run);
      if (there !== null) {
        if (await settle(run, there)) return;
        // The time to be listed in begins anew.
        dispatches.forget(run);
      }
      await start(task, run, await options.placeOf(task));
    },

    find,
    unlistedFor,
    settle,

    /** A webhook shows a workflow run that somebody has dispatched in this repository. */
    async shown(workflowRun: WorkflowRun, repositoryId: number): Promise<void> {
      const [, task, number] = /^Orch T(\d{1,15})\.(\d{1,6})$/.exec(workflowRun.title) ?? [];
      if (task === undefined || dispatches.byId(workflowRun.id) !== null) return;
      const run = store.runs.get(Number(task), Number(number));
      const dispatch = run && dispatches.get(run);
      if (!run || !dispatch) return;
      const place = await options.placeOf(store.tasks.get(run.task) as Task);
      const isOurs = isOf(run, dispatch, await workflow.self(place), workflowRun);
      if (!isOurs || place.repositoryId !== repositoryId) return;
      // Of two, only now does GitHub show the other; or the run was given up before it was shown.
      if (dispatches.get(run)?.id != null || run.endedAt !== null)
        return await workflow.cancel(place, workflowRun.id, false);
      dispatches.taken(run, place, workflowRun);
      options.changed(run);
    },
  };
}
