import { parseArgs } from 'node:util';
import { runLoad } from './load.ts';

const USAGE = `Usage: npm run load -- [--seconds N] [--burst N] [--tasks N] [--agents N] [--json]

Sends signed deliveries to a daemon, steadily and in a burst, while tasks are queued; then runs many agents at once.

  --seconds N  of 100 deliveries a second; 60 unless told
  --burst N    deliveries at once; 2000 unless told
  --tasks N    queued in the store meanwhile; 10000 unless told
  --agents N   at once; 50 unless told
  --json       one JSON object as the last line
`;

/** Of the acknowledgement of a delivery, steadily and in a burst (ms, 99 of 100). */
const LIMIT_MS = 500;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    burst: { type: 'string', default: '2000' },
    tasks: { type: 'string', default: '10000' },
    agents: { type: 'string', default: '50' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) console.log(USAGE);
else {
  const result = await runLoad({
    seconds: Number(values.seconds),
    burst: Number(values.burst),
    tasks: Number(values.tasks),
    agents: Number(values.agents),
    progress: console.log,
  });
  const { deliveries_lost: lost, run_twice: twice, ack_p99_ms: ack, burst_p99_ms: burst } = result;
  const isFine = lost === 0 && twice === 0 && ack < LIMIT_MS && burst < LIMIT_MS;
  console.log(isFine ? '\nall limits kept' : '\nNOT all limits kept');
  if (values.json) console.log(JSON.stringify(result));
  if (!isFine) process.exitCode = 1;
}
