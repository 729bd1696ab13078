import { storyOf } from '../api/answers.ts';
import { type LocalEngine, openLocalEngine } from '../daemon/local-engine.ts';
import { type OnGithub, startOnGithub } from '../daemon/on-github.ts';
import { startReporter } from '../github/report/reporter.ts';
import { proofOf } from '../proof/due.ts';
import { cancel } from '../queue/change.ts';
import type { Clock } from '../shared/clock.ts';
import { describeError } from '../shared/errors.ts';
import type { Store } from '../store/open.ts';
import { runName, type Task } from '../task/glossary.ts';
import { isFinal } from '../task/states.ts';
import { attend } from './attend.ts';
import { say, sayEvent } from './log.ts';
import type { Workshop } from './open.ts';
import type { Story } from './outputs.ts';

const LOOK_MS = 200;
/** GitHub may be away just when all is done. */
const REPORT_MS = 120_000;

/**
 * Has the one task of a job done, by all that a server has too, until it is over and told of. Once `cancelled` its agent is
 * stopped, and what that leaves is kept. What another process of the job has left half done is finished.
 */
export async function carryOut(workshop: Workshop, id: number, cancelled: AbortSignal): Promise<Story> {
  const { store, clock } = workshop;
  const task = () => store.tasks.get(id) as Task;
  const tell = teller(store, id, cancelled.aborted ? store.journal.last() : 0);
  await using stack = new AsyncDisposableStack();
  const { daemon, engine } = await start(workshop, stack);
  stack.use(cancelOnce(workshop, id, cancelled));
  await until(workshop, () => {
    tell();
    attend(store, task(), clock.now());
    return isFinal(task().state) && store.runs.liveOf(id) === null;
  });
  await keepWork(workshop, engine, task());
  await until(workshop, () => cancelled.aborted || proofOf(store, task()) !== 'due');
  const latest = clock.now() + REPORT_MS;
  await until(workshop, () => isTold(store) || clock.now() > latest);
  tell();
  return storyOf({ store, clock, agentState: daemon.agentState, local: null }, task());
}

/** Has the task cancelled as soon as the job is, for the reason that whoever cancels gives; until disposed. */
export function cancelOnce(
  { store, clock }: Pick<Workshop, 'store' | 'clock'>,
  id: number,
  cancelled: AbortSignal,
): Disposable {
  const stop = () => {
    const { reason } = cancelled;
    const why = typeof reason === 'string' ? reason : 'its workflow run was cancelled';
    if (!isFinal((store.tasks.get(id) as Task).state)) cancel(store, id, why, clock.now());
  };
  if (cancelled.aborted) stop();
  cancelled.addEventListener('abort', stop);
  return { [Symbol.dispose]: () => cancelled.removeEventListener('abort', stop) };
}

async function start(workshop: Workshop, stack: AsyncDisposableStack) {
  const { store, github, clock, log, job } = workshop;
  let engine: LocalEngine | null = null;
  const daemon: OnGithub = stack.use(
    await startOnGithub({
      ...workshop,
      webBaseUrl: job.serverUrl,
      engine: async options => {
        engine = await openLocalEngine(options, false);
        return engine;
      },
    }),
  );
  const shared = { store, github, clock, log };
  const reporter = startReporter({ ...shared, sandbox: daemon.sandbox(), workflowRun: job.run.url });
  stack.defer(() => reporter.stop());
  return { daemon, engine: engine as unknown as LocalEngine };
}

/** The host is gone with the job: what is on no branch goes to GitHub. */
export async function keepWork({ store, clock }: Workshop, engine: LocalEngine, task: Task): Promise<void> {
  for (const run of store.runs.ofTask(task.id)) {
    await engine.keepWork(task, run).catch(error => {
      const reason = describeError(error);
      say(`What ${runName(run.task, run.number)} left could not be kept: ${reason}`);
      store.journal.append(clock.now(), task.id, 'work:kept', { run: run.number, ref: null, reason });
    });
  }
}

/** What the last run has used comes with what is recorded. */
function isTold(store: Store): boolean {
  return ['github', 'recorder'].every(reader => store.journal.behind(reader).length === 0);
}

/** Prints what has happened since it was called last, and at first after the event `seen`. */
export function teller(store: Store, id: number, seen: number): () => void {
  return () => {
    for (const event of store.journal.ofTask(id, seen)) {
      seen = event.seq;
      sayEvent(event);
    }
  };
}

/** Resolves once it is so; looked at when something happens, and now and then. */
export async function until(
  { store, clock }: { store: Store; clock: Clock },
  isSo: () => boolean,
): Promise<void> {
  while (!isSo()) {
    await new Promise<void>(resolve => {
      const go = () => {
        news[Symbol.dispose]();
        alarm[Symbol.dispose]();
        resolve();
      };
      const news = store.journal.onAppend(go);
      const alarm = clock.after(LOOK_MS, go);
    });
  }
}
