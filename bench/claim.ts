import { join } from 'node:path';
import { changeState, endRun } from '../src/queue/change.ts';
import { type Claim, claim as claimNext } from '../src/queue/claim.ts';
import { openStoreFile } from '../src/store/file.ts';
import type { Store } from '../src/store/open.ts';
import type { Task } from '../src/task/glossary.ts';
import { type Benchmark, type Context, interleave, type Measured } from './harness.ts';
import { chooseNext, NOW, request } from './tasks.ts';

/** Claiming out of 100,000 queued tasks against claiming out of 1,000: the queue's length must not matter. */
export const claim: Benchmark = {
  key: 'claim_100k_over_1k',
  unit: 'ms',
  compare: 'ratio',
  wanted: 1.5,
  measure,
};

const CLAIMS = 50;

async function measure(context: Context): Promise<Measured> {
  using long = openStoreFile(join(context.directory, 'long.db'));
  using short = openStoreFile(join(context.directory, 'short.db'));
  fill(long, 100_000);
  fill(short, 1_000);
  return await interleave(
    context,
    () => claims(long),
    () => claims(short),
  );
}

/** Queued tasks that differ in little, in one transaction; every other one waits for the one before. */
function fill(store: Store, count: number): void {
  store.transaction(() => {
    for (let n = 1; n <= count; n += 1) {
      const id = store.tasks.insert(request(n), NOW);
      if (n % 2 === 0) store.dependencies.add(id, id - 1);
    }
  });
}

/** The mean time of some claims (ms). What is claimed ends, and a copy takes its place, off the clock. */
function claims(store: Store): number {
  const choose = chooseNext(store);
  let total = 0;
  for (let n = 0; n < CLAIMS; n += 1) {
    const start = performance.now();
    const claimed = claimNext(store, choose, NOW);
    total += performance.now() - start;
    if (!claimed) throw new Error('nothing was claimed');
    replace(store, claimed);
  }
  return total / CLAIMS;
}

function replace(store: Store, { task, run }: Claim): void {
  const ending = { outcome: 'succeeded', exitCode: 0, reason: null, lastWords: null } as const;
  store.transaction(() => {
    endRun(store, run, ending, NOW);
    changeState(store, store.tasks.get(task.id) as Task, 'completed', NOW);
    store.tasks.insert({ ...task, source: `${task.source}+` }, NOW);
  });
}
