import { parseArgs } from 'node:util';
import { runSoak, type Sample, type Soaked, slope } from './soak.ts';

const USAGE = `Usage: npm run soak -- [--minutes N] [--every SECONDS] [--json]

Plays stories from comment to merge without a pause, and looks at what grows in the daemon.

  --minutes N  how long; 10 unless told
  --every N    seconds between two looks; 10 unless told
  --json       one JSON object as the last line
`;

/** In minutes: a shorter run shows little but warming up. */
const LONG_ENOUGH = 10;
/** Of heap in use, after a collection. */
const MOST_MB_PER_HOUR = 20;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    every: { type: 'string', default: '10' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) console.log(USAGE);
else {
  const minutes = Number(values.minutes);
  tell(await runSoak({ minutes, everySeconds: Number(values.every), progress: console.log }), minutes);
}

function tell({ samples, end }: Soaked, minutes: number): void {
  const grows = (value: (sample: Sample) => number) => Number(slope(samples, value).toFixed(2));
  const growth = {
    heap_mb_per_hour: grows(sample => sample.heapMb),
    rss_mb_per_hour: grows(sample => sample.rssMb),
    descriptors_per_hour: grows(sample => sample.descriptors),
    database_mb_per_hour: grows(sample => sample.databaseMb),
  };
  const left = { workspaces_left: end.workspaces, sessions_left: end.sessions };
  const result = { minutes, tasks: end.tasks, ...growth, rss_mb: Math.round(end.rssMb), ...left };
  console.log('\nGrowth in the second half, and what is there at the end:');
  for (const [name, value] of Object.entries(result)) console.log(`${name.padEnd(22)} ${value}`);
  const isFlat = minutes < LONG_ENOUGH || growth.heap_mb_per_hour < MOST_MB_PER_HOUR;
  if (!isFlat || end.workspaces > 0 || end.sessions > 0) process.exitCode = 1;
  if (values.json) console.log(JSON.stringify(result));
}
