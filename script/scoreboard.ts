import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { z } from 'zod';

const count = z.int().min(0);

/** What is run for the scoreboard, and what the last line of each says. */
const PARTS = {
  'test:sim': { args: ['--seeds', '2000'], says: z.object({ seeds: count, violations: count }) },
  'test:kill': { args: [], says: z.object({ crash_points: count, kills: count, violations: count }) },
  'test:faults': { args: [], says: z.object({ named: count, held: count }) },
  'test:fuzz': {
    args: ['--runs', '100000'],
    says: z.object({ named: count, fuzzed: count, crashes: count, grants: count, leaks: count }),
  },
  'test:canary': { args: [], says: z.object({ canary_ways: count, canary_escapes: count }) },
  'test:rights': { args: [], says: z.object({ cells: count, wrong_grants: count }) },
  load: { args: [], says: z.object({ deliveries: count, deliveries_lost: count, ack_p99_ms: z.number() }) },
} as const;

type Part = keyof typeof PARTS;
type Said = { [P in Part]: z.output<(typeof PARTS)[P]['says']> };

/**
 * `npm run scoreboard [-- --json]`: runs every proof and puts their own counts side by side. What they print goes to
 * standard error meanwhile. Ends with 1 when one of them found a violation.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
  const said: Partial<Record<Part, unknown>> = {};
  for (const part of Object.keys(PARTS) as Part[]) {
    console.error(`\n== npm run ${part} -- --json ${PARTS[part].args.join(' ')}`);
    const { code, last } = await runPart(part);
    said[part] = PARTS[part].says.parse(JSON.parse(last));
    if (code !== 0) process.exitCode = 1;
  }
  const board = boardOf(said as Said);
  if (values.json) return console.log(JSON.stringify(board));
  for (const [name, value] of Object.entries(board)) {
    const text = typeof value === 'object' ? `${value.held} of ${value.named} held` : String(value);
    console.log(`${name.padEnd(16)} ${text}`);
  }
}

function boardOf(said: Said) {
  const { 'test:kill': kill, 'test:sim': sim, 'test:fuzz': fuzz, 'test:canary': canary, load } = said;
  return {
    crash_points: kill.crash_points,
    kills: kill.kills,
    kill_violations: kill.violations,
    seeds: sim.seeds,
    seed_violations: sim.violations,
    faults: said['test:faults'],
    bad_inputs: fuzz.named + fuzz.fuzzed,
    bad_input_violations: fuzz.crashes + fuzz.grants + fuzz.leaks,
    canary_ways: canary.canary_ways,
    canary_escapes: canary.canary_escapes,
    rights_cells: said['test:rights'].cells,
    wrong_grants: said['test:rights'].wrong_grants,
    deliveries: load.deliveries,
    deliveries_lost: load.deliveries_lost,
    ack_p99_ms: load.ack_p99_ms,
  };
}

/** The exit code and the last line of standard output. */
async function runPart(part: Part): Promise<{ code: number | null; last: string }> {
  const args = ['run', '--silent', part, '--', '--json', ...PARTS[part].args];
  const child = spawn('npm', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let last = '';
  const ended = new Promise<number | null>(resolve => child.once('close', resolve));
  for await (const line of createInterface({ input: child.stdout })) {
    console.error(line);
    if (line.trim() !== '') last = line;
  }
  return { code: await ended, last };
}

await main();
