import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { actionDecision } from './action-decision.ts';
import { agentOverhead } from './agent-overhead.ts';
import { claim } from './claim.ts';
import { cliAdd } from './cli-add.ts';
import { cliStatus } from './cli-status.ts';
import { daemonRss } from './daemon-rss.ts';
import { type Benchmark, judge } from './harness.ts';
import { health } from './health.ts';
import { queueCycle } from './queue-cycle.ts';
import { spawnMedium, spawnSmall } from './spawn.ts';
import { describe, type Result } from './table.ts';
import { webhookAck } from './webhook-ack.ts';

const BENCHMARKS: readonly Benchmark[] = [
  spawnSmall,
  spawnMedium,
  queueCycle,
  claim,
  webhookAck,
  cliStatus,
  cliAdd,
  actionDecision,
  daemonRss,
  health,
  agentOverhead,
];
const FEWEST = 15;

const USAGE = `Usage: script/bench [--json] [--pairs N] [--only KEY[,KEY]]

Measures Orch against its bare counterparts, in pairs. See docs/benchmarks.md.

  --json       one JSON object on standard output; the table then goes to standard error
  --pairs N    how many pairs, ${FEWEST} unless told; fewer are for a look, not for a judgement
  --only KEYS  of: ${BENCHMARKS.map(({ key }) => key).join(', ')}
`;

try {
  await main();
} catch (error) {
  if (process.exitCode === undefined) console.error(error instanceof Error ? error.message : error);
  process.exitCode ??= 1;
}

async function main(): Promise<void> {
  const { json, help, pairs, chosen } = readArguments();
  if (help) return void process.stdout.write(USAGE);
  const results: Result[] = [];
  const signal = untilInterrupted();
  const measurable = chosen.filter(lacksNothing);
  for (const benchmark of measurable) {
    const taken = Math.min(pairs, benchmark.mostPairs ?? pairs);
    console.error(`${benchmark.key}: ${taken} pairs`);
    const began = performance.now();
    const result = await measure(benchmark, taken, signal);
    results.push(result);
    const seconds = (performance.now() - began) / 1000;
    console.error(`${benchmark.key}: ${rounded(result)}, in ${seconds.toFixed(0)} s`);
  }
  (json ? console.error : console.log)(`\n${describe(results)}`);
  const skipped = chosen.filter(each => !measurable.includes(each)).map(({ key }) => [key, null]);
  const values = results.map(result => [result.benchmark.key, rounded(result)]);
  if (json) console.log(JSON.stringify(Object.fromEntries([...values, ...skipped])));
}

function lacksNothing({ key, lacks }: Benchmark): boolean {
  const lacking = lacks?.() ?? null;
  if (lacking !== null) console.error(`${key}: not measured, since ${lacking}`);
  return lacking === null;
}

async function measure(benchmark: Benchmark, pairs: number, signal: AbortSignal): Promise<Result> {
  const directory = await mkdtemp(join(tmpdir(), 'orch-bench-'));
  try {
    return { benchmark, measured: await benchmark.measure({ pairs, directory, signal }) };
  } finally {
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

function rounded({ benchmark, measured }: Result): number {
  const value = judge(benchmark, measured);
  if (!Number.isFinite(value)) throw new Error(`${benchmark.key} came to ${value}`);
  return Number(value.toFixed(3));
}

function readArguments() {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
      pairs: { type: 'string', default: String(FEWEST) },
      only: { type: 'string' },
    },
  });
  const pairs = Number(values.pairs);
  if (!Number.isInteger(pairs) || pairs < 1) throw new Error(`--pairs ${values.pairs} is no number of pairs`);
  const keys = values.only?.split(',');
  const unknown = keys?.find(key => !BENCHMARKS.some(benchmark => benchmark.key === key));
  if (unknown !== undefined) throw new Error(`There is no benchmark ${unknown}.\n\n${USAGE}`);
  const chosen = BENCHMARKS.filter(({ key }) => keys?.includes(key) ?? true);
  return { ...values, pairs, chosen };
}

/** The first signal lets what was started be stopped; a second one ends at once. */
function untilInterrupted(): AbortSignal {
  const stop = new AbortController();
  for (const [name, code] of Object.entries({ SIGINT: 130, SIGTERM: 143 })) {
    // Not `once`: execa's own listener would find itself alone while a program runs, and end the process.
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(code);
      console.error('stopping');
      process.exitCode = code;
      stop.abort();
    });
  }
  return stop.signal;
}
