import type { Clock } from '../../shared/clock.ts';
import { systemClock } from '../../shared/clock.ts';
import type { Annotation } from '../model.ts';
import type { Job, RunnerSide } from '../workflows/job.ts';
import { type JobRecord, runJob } from './run-job.ts';

export interface RunnerOptions {
  name: string;
  labels: readonly string[];
  /** The simulated GitHub: where jobs come from, and its address. */
  side: RunnerSide;
  githubUrl: string;
  /** A folder of the runner's own; its work is in `_work`. */
  directory: string;
  /** Folders of actions by `owner/repo/path`, for any version. */
  actions: Readonly<Record<string, string>>;
  /** The environment that the runner was started with: PATH and HOME at the least. Steps inherit that and nothing else. */
  environment: Readonly<Record<string, string>>;
  clock?: Clock;
  /** ms from SIGINT to SIGTERM, and from there to SIGKILL, for a step of a cancelled job. Those of GitHub's runner unless told. */
  patience?: { interrupt: number; terminate: number };
  /** Hears each line of a job's log, masked, as it comes. */
  said?: (line: string) => void;
  /** Hears of each job when it has ended. */
  ended?: (record: JobRecord) => void;
}

/** A self-hosted runner of the simulated GitHub on this machine: does one job after the other, until disposed or lost. */
export interface Runner extends AsyncDisposable {
  readonly name: string;
  /** What it does now. */
  readonly job: Job | null;
  /** Takes the machine away: all that the job has started ends at once, and its post steps never come. GitHub notices. */
  lose(): Promise<void>;
}

/** GitHub's runner waits that long (`ProcessInvoker.cs`). */
const PATIENCE = { interrupt: 7500, terminate: 2500 };

export function startRunner(options: RunnerOptions): Runner {
  const { name, labels, side, clock = systemClock, patience = PATIENCE, ended = () => {} } = options;
  const gone = new AbortController();
  const host = { ...options, clock, patience, lost: gone.signal };
  let job: Job | null = null;
  let working = Promise.resolve();

  const work = async () => {
    while (!gone.signal.aborted) {
      const taken = side.take({ name, labels });
      if (taken === null) return;
      job = taken;
      const record = await runJob(taken, host, report => side.report(taken, report));
      job = null;
      if (record === null) return;
      side.report(taken, { status: 'completed', conclusion: record.conclusion, annotations: [] });
      ended(record);
    }
  };
  const look = () => {
    working = working.then(() => (job === null ? work() : undefined));
  };
  const queued = side.onQueued(look);
  look();
  const leave = async () => {
    queued[Symbol.dispose]();
    gone.abort();
    await working;
  };
  return {
    name,
    get job() {
      return job;
    },
    async lose() {
      const lost = job;
      await leave();
      if (lost === null) return;
      side.report(lost, { status: 'completed', conclusion: 'failure', annotations: [lostContact(name)] });
    },
    [Symbol.asyncDispose]: leave,
  };
}

function lostContact(name: string): Annotation {
  return {
    path: '.github',
    start_line: 1,
    end_line: 1,
    annotation_level: 'failure',
    message: `The self-hosted runner: ${name} lost communication with the server. Verify the machine is running and has a healthy network connection. Anything in your workflow that terminates the runner process, starves it for CPU/Memory, or blocks its network access can cause this error.`,
  };
}
