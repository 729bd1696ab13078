import { proofOf } from '../proof/due.ts';
import type { Clock } from '../shared/clock.ts';
import { describeError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import { keyedRounds } from '../shared/rounds.ts';
import type { Store } from '../store/open.ts';
import type { Proof } from '../store/proofs.ts';
import { type Run, type Task, taskName } from '../task/glossary.ts';
import type { Prove } from './proving.ts';

export interface ProofsOptions {
  store: Store;
  clock: Clock;
  log: Log;
  prove: Prove | null;
}

const AT_ONCE = 2;

/**
 * Tests what tasks have pushed, once they are completed with a pull request. The journal tells of what there is to do; what was
 * interrupted is tested again.
 */
export function startProofs(options: ProofsOptions) {
  const { store, clock, log } = options;
  const ending = new AbortController();
  const rounds = keyedRounds({
    clock,
    async work(id: number) {
      const task = store.tasks.get(id) as Task;
      const run = store.runs.ofTask(id).at(-1);
      if (!run || run.endedAt === null || proofOf(store, task) !== 'due') return null;
      const proof = await test(task, run);
      if (!ending.signal.aborted) record(task, proof);
      return null;
    },
    failed: (id, error) =>
      log.warn({ task: taskName(id), why: describeError(error) }, 'the work could not be tested for now'),
    atOnce: AT_ONCE,
  });
  const news = store.journal.onAppend(id => {
    if (!rounds.isFailing(id)) rounds.wake(id);
  });
  for (const { id } of store.tasks.withOpenPull()) rounds.wake(id);

  async function test(task: Task, run: Run): Promise<Proof> {
    if (options.prove !== null) return await options.prove(task, run, ending.signal);
    const reason =
      'jobs of GitHub Actions carry runs out here, and Orch has no place of its own to run tests in';
    return {
      ...{ base: task.baseSha as string, head: task.head as string, verdict: 'not_run', reason },
      ...{ command: null, tests: [], failedBefore: [], failing: [], flaky: [], runs: [] },
    };
  }

  function record(task: Task, proof: Proof): void {
    store.transaction(() => {
      const current = store.tasks.get(task.id) as Task;
      // Retried, rolled back or pushed to meanwhile: it is another commit's then.
      if (current.epoch !== task.epoch || current.head !== proof.head) return;
      store.proofs.put(task.id, proof, clock.now());
      const { verdict, head } = proof;
      store.journal.append(clock.now(), task.id, 'proof:done', { verdict, head });
    });
  }

  return {
    /** Tests under way are ended, and begin anew after the next start. */
    async stop(): Promise<void> {
      news[Symbol.dispose]();
      ending.abort();
      await rounds.stop();
    },
  };
}
