import { parseArgs } from 'node:util';
import { runSoak, type Sample, slope } from './soak.ts';

const USAGE = `Usage: npm run soak -- [--minutes N] [--every SECONDS] [--json]

Plays stories from comment to merge without a pause, and looks at what grows in the daemon.

  --minutes N  how long; 10 unless told
  --every N    seconds between two looks; 10 unless told
  --json       one JSON object as the last line
`;

/** What a run of at least so many minutes may show; in a shorter one warming up is most of it. */
const LONG_ENOUGH = 10;
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

function tell(samples: readonly Sample[], minutes: number): void {
  const last = samples.at(-1) as Sample;
  const grows = (value: (sample: Sample) => number) => Number(slope(samples, value).toFixed(2));
  const result = {
    minutes,
    tasks: last.tasks,
    heap_mb_per_hour: grows(sample => sample.heapMb),
    rss_mb_per_hour: grows(sample => sample.rssMb),
    heap_mb: Number(last.heapMb.toFixed(1)),
    rss_mb: Math.round(last.rssMb),
    database_mb_per_hour: grows(sample => sample.databaseMb),
    descriptors_per_hour: grows(sample => sample.descriptors),
    workspaces: last.workspaces,
    sessions: last.sessions,
  };
  console.log('\nIn the second half:');
  for (const [name, value] of Object.entries(result)) console.log(`${name.padEnd(22)} ${value}`);
  if (minutes >= LONG_ENOUGH && result.heap_mb_per_hour > MOST_MB_PER_HOUR) process.exitCode = 1;
  if (values.json) console.log(JSON.stringify(result));
}
