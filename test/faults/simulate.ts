import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { playSeed, type Violation } from './simulation/seeds.ts';

/** From the first, every so manyth of the seeds. */
interface Share {
  first: number;
  last: number;
  step: number;
}

/** SQLite, git and all else is in memory: what two processors can do is done by two threads. */
const THREADS = 2;

/**
 * `npm run test:sim -- --seeds N --seed S [--trace] [--json]`: plays the histories of N seeds from S on. A seed in which
 * something does not hold is told with its shortest history, and the exit code is 1.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '2000' },
      seed: { type: 'string', default: '1' },
      trace: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
  const seeds = Number(values.seeds);
  const first = Number(values.seed);
  const start = performance.now();
  let played = 0;
  let violations = 0;
  const threads = Math.min(THREADS, seeds);
  await Promise.all(
    Array.from({ length: threads }, (_, thread) =>
      playShare({ first: first + thread, last: first + seeds - 1, step: threads }, found => {
        played += 1;
        if (found) violations += 1;
        if (found) tell(found, values.trace);
        else if (played % 1000 === 0) console.log(`${played} of ${seeds} seeds, ${violations} violations`);
      }),
    ),
  );
  const seconds = (performance.now() - start) / 1000;
  console.log(`${played} seeds, ${violations} violations, in ${seconds.toFixed(0)} s`);
  if (values.json) console.log(JSON.stringify({ seeds: played, violations }));
  process.exitCode = violations > 0 ? 1 : 0;
}

async function playShare(share: Share, played: (found: Violation | null) => void): Promise<void> {
  const worker = new Worker(new URL(import.meta.url), { workerData: share });
  worker.on('message', played);
  await new Promise<void>((resolve, reject) => {
    worker.once('error', reject);
    worker.once('exit', code => (code === 0 ? resolve() : reject(new Error(`a thread ended with ${code}`))));
  });
}

function tell({ seed, history, trace, broken }: Violation, withTrace: boolean): void {
  const lines = withTrace ? trace : history;
  console.log(`\nseed ${seed}: npm run test:sim -- --seeds 1 --seed ${seed} --trace`);
  for (const line of lines) console.log(`  ${line}`);
  console.log('then');
  for (const line of broken) console.log(`  ${line}`);
}

if (isMainThread) await main();
else {
  const { first, last, step } = workerData as Share;
  for (let seed = first; seed <= last; seed += step) parentPort?.postMessage(await playSeed(seed));
}
