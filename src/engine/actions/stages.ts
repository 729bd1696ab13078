import { githubMessage } from '../../github/client.ts';
import { cancel } from '../../queue/change.ts';
import type { Prepared, Sight, Stages } from '../../scheduler/stages.ts';
import { type Clock, duration } from '../../shared/clock.ts';
import { OrchError } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { Dispatch } from '../../store/dispatches.ts';
import type { Store } from '../../store/open.ts';
import type { TaskPlace as Place } from '../../store/tasks.ts';
import { type Run, runName, type Task } from '../../task/glossary.ts';
import { isFinal } from '../../task/states.ts';
import { applyResult, NOTHING_TOLD, sightOf, sightOfLost } from './apply.ts';
import { writeOrder } from './order.ts';
import { type Result, readResult } from './result.ts';
import type { Workflow, WorkflowRun } from './workflow.ts';
import { orderOf } from './write-order.ts';

export interface ActionsOptions {
  store: Store;
  clock: Clock;
  log: Log;
  workflow: Workflow;
  /** The repository that carries out a task's runs. */
  placeOf(task: Task): Promise<Place>;
  /** Settles the branch, and where it starts. */
  settle(task: Task, run: Run): Promise<Prepared>;
  pulls: Stages['pulls'];
  /** Takes the task's pull request for Orch's own if its job has opened it. */
  adoptPull(task: Task): Promise<void>;
  model(run: Run): string | null;
  timeoutSeconds(task: Task, run: Run): number;
  /** A run's next step may be another now. */
  changed(run: Pick<Run, 'task'>): void;
}

/** What webhooks tell of the runs that GitHub carries out. Whoever misses one finds the same by looking. */
export interface ActionsNews {
  /** A workflow run, or a job of it, has changed. */
  heard(workflowRun: number): void;
  /** Somebody has dispatched a workflow run in this repository. */
  shown(workflowRun: WorkflowRun, repositoryId: number): Promise<void>;
  /** A branch stands at this commit. */
  pushed(repositoryId: number, branch: string, head: string): void;
  /** The task has a pull request. */
  opened(task: Task): Promise<void>;
}

/** GitHub is asked for a workflow run after this time, although no webhook has told of it. */
const POLL_MS = 120_000;
/** It is asked again after this time when it could not be asked. */
const RETRY_MS = 15_000;
/** GitHub lists a run that it has started within seconds; after this time one that is not listed was not started. */
const LISTED_WITHIN_MS = 300_000;
/** The clocks of this host and of GitHub may differ by so much. */
const SKEW_MS = 600_000;
/** GitHub gives a job five minutes to end, and what it must do at its end takes some of them. */
const FORCE_AFTER_MS = 360_000;
/** From one request to end it to the next. */
const ASK_AGAIN_MS = 60_000;
/** Before a job that no runner has taken is worth a word. */
const WAITS_AFTER_MS = 60_000;

/** What is known of a workflow run, as of its last look. */
interface Seen {
  /** When it is to be looked at again (ms). */
  due: number;
  sight: Sight;
  /** When its job began (ms), once it has. */
  startedAt: number | null;
  /** What the run has told at its end. */
  result: Result | null;
}

const ALIVE: Sight = { ...NOTHING_TOLD, session: 'alive' };
const NONE: Sight = { ...NOTHING_TOLD, session: 'none' };
const UNKNOWN: Sight = { ...NOTHING_TOLD, session: 'unknown' };

/**
 * Has GitHub Actions carry out runs: each is one run of a workflow, on whatever runner GitHub finds for it. The job works as
 * a host of Orch does, and this side follows it.
 */
export function actionsStages(options: ActionsOptions): { stages: Stages; news: ActionsNews } {
  const { store, clock, log, workflow, changed } = options;
  const { dispatches } = store;
  const seen = new Map<string, Seen>();
  const cancelling = new Map<string, { since: number; askedAt: number }>();
  const nameOf = (run: Pick<Run, 'task' | 'number'>) => runName(run.task, run.number);

  /** Starts the workflow run, once: see the fences in docs/architecture.md. */
  async function launch(task: Task, run: Run): Promise<{ pid: null; pidStart: null }> {
    const launched = { pid: null, pidStart: null };
    const there = dispatches.get(run);
    if (there?.id) return launched;
    const place = await options.placeOf(task);
    if (there !== null) {
      if (await find(run, place, there)) return launched;
      refuseUnlisted(run, there);
      // Nothing came of it: the time to be listed in begins anew.
      dispatches.forget(run);
    }
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
    return launched;
  }

  /** Finds what a dispatch has started whose answer never came, and writes it down. */
  async function find(run: Run, place: Place, dispatch: Dispatch): Promise<boolean> {
    const [self, all] = await Promise.all([workflow.self(place), workflow.list(place)]);
    const ours = all
      .filter(each => isOf(run, dispatch, self, each))
      // The first one has begun, and a second one must not go on.
      .sort((a, b) => a.id - b.id);
    const [first, ...others] = ours;
    if (!first) return false;
    dispatches.taken(run, place, first);
    await Promise.all(others.map(each => workflow.cancel(place, each.id, false)));
    return true;
  }

  function isOf(
    run: Pick<Run, 'task' | 'number'>,
    { begunAt }: Dispatch,
    self: string,
    each: WorkflowRun,
  ): boolean {
    return each.title === `Orch ${nameOf(run)}` && each.actor === self && each.createdAt >= begunAt - SKEW_MS;
  }

  /** It may come yet, and then there would be two. */
  function refuseUnlisted(run: Run, { begunAt }: Dispatch): void {
    const left = begunAt + LISTED_WITHIN_MS - clock.now();
    if (left <= 0) return;
    const what = `GitHub may have started ${nameOf(run)} and does not list it; nobody else starts it for ${duration(left)}`;
    throw new OrchError('E_GITHUB_AWAY', what);
  }

  async function look(run: Run): Promise<Sight> {
    const dispatch = dispatches.get(run);
    if (dispatch === null) return NONE;
    const known = seen.get(nameOf(run));
    if (known && clock.now() < known.due) return known.sight;
    try {
      return await lookAnew(run, dispatch);
    } catch (error) {
      log.debug({ run: nameOf(run), why: githubMessage(error) }, 'the workflow run could not be looked at');
      return remember(run, { sight: UNKNOWN, due: RETRY_MS });
    }
  }

  async function lookAnew(run: Run, dispatch: Dispatch): Promise<Sight> {
    if (dispatch.id === null || dispatch.known === null) {
      // Before its launch is done, `launch` and `kill` find out.
      if (run.spawnedAt === null) return NONE;
      const place = await options.placeOf(store.tasks.get(run.task) as Task);
      if (await find(run, place, dispatch)) return await lookAnew(run, dispatches.get(run) as Dispatch);
      const isLost = clock.now() >= dispatch.begunAt + LISTED_WITHIN_MS;
      return isLost ? NONE : remember(run, { sight: UNKNOWN, due: RETRY_MS });
    }
    const place = placeNow(run, dispatch.known.place);
    const found = await workflow.get(place, dispatch.id);
    if (found === null) return remember(run, { sight: NONE, due: POLL_MS });
    if (found.isOver) return await lookBack(run, place, found);
    const startedAt = seen.get(nameOf(run))?.startedAt ?? (await begun(run, place, found.id));
    tellOfWaiting(run, dispatch, startedAt === null);
    remember(run, { sight: ALIVE, due: startedAt === null ? WAITS_AFTER_MS : POLL_MS, startedAt });
    // The time-out counts from when the job begins, not while it waits for a runner.
    const since = startedAt ?? clock.now();
    const isBehind = run.spawnedAt !== null && Math.abs(since - run.spawnedAt) >= WAITS_AFTER_MS;
    if (!isBehind || !store.runs.update(run, { spawnedAt: since })) return ALIVE;
    changed(run);
    return UNKNOWN;
  }

  async function begun(run: Run, place: Place, id: number): Promise<number | null> {
    const { startedAt, runner } = await workflow.jobs(place, id);
    if (startedAt !== null) dispatches.learn(run, { runner });
    return startedAt;
  }

  /** The workflow run is over: what its job has told counts, and else how GitHub says that it ended. */
  async function lookBack(run: Run, place: Place, found: WorkflowRun): Promise<Sight> {
    const { conclusion } = found;
    const jobs = await workflow.jobs(place, found.id);
    const annotations = await workflow.annotations(place, jobs);
    const result = readResult(nameOf(run), annotations);
    if (result !== null) applyResult(store, run, result, clock.now());
    dispatches.learn(run, { runner: jobs.runner });
    const task = store.tasks.get(run.task) as Task;
    const isAsked = run.stopAt !== null || cancelling.has(nameOf(run));
    if (conclusion === 'cancelled' && !isAsked && task.epoch === run.epoch && !isFinal(task.state))
      cancel(store, task.id, 'its workflow run was cancelled on GitHub', clock.now());
    const sight = result === null ? sightOfLost({ conclusion, annotations }) : sightOf(result);
    return remember(run, { sight, due: Number.POSITIVE_INFINITY, result });
  }

  /** A repository is where its tasks are, though it has moved since. */
  function placeNow(run: Run, place: Place): Place {
    const task = store.tasks.get(run.task) as Task;
    return place.repositoryId === task.repositoryId ? repositoryOf(task) : place;
  }

  /** `due`: in how many ms it is looked at again. */
  function remember(run: Run, { due, ...news }: Partial<Seen> & Pick<Seen, 'sight' | 'due'>): Sight {
    seen.set(nameOf(run), { startedAt: null, result: null, ...news, due: clock.now() + due });
    return news.sight;
  }

  function lookAgain(run: Pick<Run, 'task' | 'number'>): void {
    const known = seen.get(nameOf(run));
    if (known) known.due = 0;
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

  /** Nothing of the run goes on, or this fails: a new one must not begin beside it. */
  async function kill(run: Run): Promise<void> {
    const name = nameOf(run);
    const there = dispatches.get(run);
    if (there === null || seen.get(name)?.sight.session === 'ended') return;
    const task = store.tasks.get(run.task) as Task;
    if (there.id === null) {
      if (!(await find(run, await options.placeOf(task), there))) return refuseUnlisted(run, there);
    }
    const { id, known } = dispatches.get(run) as { id: number; known: NonNullable<Dispatch['known']> };
    const place = placeNow(run, known.place);
    const found = await workflow.get(place, id);
    // The next look sees how it ended.
    if (found === null || found.isOver) return lookAgain(run);
    await end(run, place, id);
    throw new OrchError('E_GITHUB_AWAY', `GitHub has not ended the workflow run of ${name} yet`);
  }

  /** A job's end takes its time, in which it keeps the work: by force it would be lost. */
  async function end(run: Run, place: Place, id: number): Promise<void> {
    const now = clock.now();
    const asked = cancelling.get(nameOf(run)) ?? { since: now, askedAt: 0 };
    if (now - asked.askedAt < ASK_AGAIN_MS) return;
    await workflow.cancel(place, id, now - asked.since >= FORCE_AFTER_MS);
    cancelling.set(nameOf(run), { ...asked, askedAt: now });
  }

  /** The branch as it is on GitHub now. What a job pushed before its runner was lost is there without a word of it. */
  async function bringHead(task: Task): Promise<Task> {
    const run = store.runs.liveOf(task.id);
    if (task.branch === null || run === null || dispatches.get(run) === null) return task;
    const place = {
      repository: task.repository,
      repositoryId: task.repositoryId,
      installation: task.installation,
    };
    const tip = await workflow.tip(place, task.branch);
    const result = seen.get(nameOf(run))?.result ?? null;
    if (result !== null && result.head === null && task.head === null) {
      // Whatever is there by that name, the job did not push it.
      store.creations.forget(task.id, 'branch', task.branch);
      return task;
    }
    recordHead(task, run, tip);
    return store.tasks.get(task.id) as Task;
  }

  function recordHead(task: Task, run: Run, head: string | null): void {
    if (head === null || head === task.head) return;
    const now = clock.now();
    store.transaction(() => {
      if (!store.tasks.update(task.id, task.epoch, { head, updatedAt: now })) return;
      store.creations.begin(task.id, 'branch', task.branch as string, now);
      store.creations.record(task.id, 'branch', task.branch as string, task.id, head);
      store.journal.append(now, task.id, 'branch:pushed', { run: run.number, head });
    });
  }

  const stages: Stages = {
    workspace: {
      async prepare(task, run) {
        const prepared = await options.settle(task, run);
        // The job pushes there: a branch that comes to be by that name is ours.
        if (prepared.head === null) store.creations.begin(task.id, 'branch', prepared.branch, clock.now());
        return prepared;
      },
      // The job has done so before its end.
      rescue: async () => {},
      remove: async (_, run) => dispatches.get(run)?.known?.rescued ?? null,
    },
    agent: {
      launch,
      look,
      async interrupt(run) {
        const there = dispatches.get(run);
        if (there?.id && there.known) await end(run, placeNow(run, there.known.place), there.id);
      },
      kill,
      lastWords: async run => seen.get(nameOf(run))?.result?.lastWords ?? null,
    },
    // The job has its own.
    broker: {
      open: async () => {},
      async close(run) {
        for (const kept of [seen, cancelling]) kept.delete(nameOf(run));
      },
    },
    pulls: {
      async find(task) {
        const isThere = await options.pulls.find(await bringHead(task));
        if (isThere) await options.adoptPull(store.tasks.get(task.id) as Task);
        return isThere;
      },
      openDraft: options.pulls.openDraft,
    },
  };

  const news: ActionsNews = {
    heard(workflowRun) {
      const run = dispatches.byId(workflowRun);
      if (run === null) return;
      lookAgain(run);
      changed(run);
    },
    async shown(workflowRun, repositoryId) {
      const [, task, number] = /^Orch T(\d{1,15})\.(\d{1,6})$/.exec(workflowRun.title) ?? [];
      if (task === undefined || dispatches.byId(workflowRun.id) !== null) return;
      const run = store.runs.get(Number(task), Number(number));
      const dispatch = run && dispatches.get(run);
      if (!run || !dispatch || run.endedAt !== null) return;
      const place = await options.placeOf(store.tasks.get(run.task) as Task);
      const isOurs = isOf(run, dispatch, await workflow.self(place), workflowRun);
      if (!isOurs || place.repositoryId !== repositoryId) return;
      if (dispatch.id === null) dispatches.taken(run, place, workflowRun);
      // The dispatch was sent twice, and only now does GitHub show it.
      else await workflow.cancel(place, workflowRun.id, false);
      changed(run);
    },
    pushed(repositoryId, branch, head) {
      for (const task of store.tasks.onBranch(repositoryId, branch)) {
        const run = store.runs.liveOf(task.id);
        if (run !== null && dispatches.get(run) !== null) recordHead(task, run, head);
      }
    },
    async opened(task) {
      if (store.creations.ofKind(task.id, 'workflow').length > 0) await options.adoptPull(task);
    },
  };

  return { stages, news };
}

function repositoryOf({ repository, repositoryId, installation }: Task): Place {
  return { repository, repositoryId, installation };
}
