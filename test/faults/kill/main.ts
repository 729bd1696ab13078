import { parseArgs } from 'node:util';
import { listenForStop } from '../../../src/shared/signals.ts';
import { openLane } from './lane.ts';
import { parseJob } from './plan.ts';
import { play } from './play.ts';
import { type PointResult, runKills } from './run.ts';

const USAGE = `Usage: npm run test:kill -- [--kills N] [--seed S] [--point NAME] [--replay KILL] [--json]

Kills the daemon with SIGKILL at each of its crash points, starts it again, and says what does not hold then.

  --kills N      kills for each point; 8 unless told
  --seed S       which stories, times and moments are drawn; 1 unless told
  --point NAME   only points whose name contains this
  --replay KILL  one kill, as the table of violations names it
  --json         one JSON object as the last line
`;

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '8' },
    seed: { type: 'string', default: '1' },
    point: { type: 'string' },
    replay: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) console.log(USAGE);
else if (values.replay !== undefined) await replay(values.replay);
else await run();

async function replay(kill: string): Promise<void> {
  await using lane = await openLane();
  const { killed, violations } = await play(lane, parseJob(kill));
  console.log(violations.length > 0 ? violations.join('\n') : killed ? 'held' : 'not reached');
  if (violations.length > 0) process.exitCode = 1;
}

async function run(): Promise<void> {
  using stop = listenForStop();
  const stopped = new AbortController();
  void stop.told.then(() => stopped.abort());
  const results = await runKills({
    kills: Number(values.kills),
    seed: Number(values.seed),
    ...(values.point !== undefined && { point: values.point }),
    lanes: 2,
    signal: stopped.signal,
    progress: console.log,
  });
  console.log(`\n${table(results)}`);
  const kills = results.reduce((sum, result) => sum + result.kills, 0);
  const violated = results.flatMap(result => result.violations);
  for (const text of violated)
    console.log(`\n${text}\n  npm run test:kill -- --replay '${text.split(': ')[0]}'`);
  console.log(`\n${results.length} crash points, ${kills} kills, ${violated.length} violations`);
  if (values.json) {
    console.log(JSON.stringify({ crash_points: results.length, kills, violations: violated.length }));
  }
  if (violated.length > 0) process.exitCode = 1;
}

function table(results: readonly PointResult[]): string {
  const width = Math.max(5, ...results.map(({ point }) => point.length));
  const row = (...[point = '', ...rest]: string[]) =>
    [point.padEnd(width), ...rest.map(cell => cell.padStart(10))].join(' ');
  const lines = results.map(({ point, kills, violations }) =>
    row(point, String(kills), String(kills - violations.length), String(violations.length)),
  );
  return [row('POINT', 'KILLS', 'HELD', 'VIOLATIONS'), ...lines].join('\n');
}
