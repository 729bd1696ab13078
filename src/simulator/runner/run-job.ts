import { holds, type JobStatus } from '../workflows/expression.ts';
import type { Conclusion, Job, Report } from '../workflows/job.ts';
import { makeFolders } from './environment.ts';
import { contextsIn, type Ground, type Host, prepareGround } from './ground.ts';
import { endOrphans } from './orphans.ts';
import { perform, type StepRecord } from './perform.ts';
import { afterwards, type Stage, stageOf } from './stage.ts';
import { openStepLog } from './step-log.ts';

/** A job as it was, its steps in the order in which they ended. */
export interface JobRecord {
  job: Job;
  runner: string;
  conclusion: Conclusion;
  steps: readonly StepRecord[];
}

/**
 * Does a job on a machine as actions/runner does: its steps one after the other, then what its actions do afterwards, last
 * one first; then ends what they have left running. Null when the machine was lost meanwhile.
 */
export async function runJob(
  job: Job,
  host: Host,
  report: (report: Report) => void,
): Promise<JobRecord | null> {
  const ground = prepareGround(job, host);
  const endAll = () => endOrphans(ground.trackingId);
  host.lost.addEventListener('abort', endAll);
  try {
    const steps = await doSteps(ground, report);
    return steps && { job, runner: host.name, conclusion: statusAfter(steps, job), steps };
  } finally {
    host.lost.removeEventListener('abort', endAll);
    endAll();
    makeFolders(host.directory, job);
  }
}

async function doSteps(
  ground: Ground,
  report: (report: Report) => void,
): Promise<readonly StepRecord[] | null> {
  const { job, host } = ground;
  const records: StepRecord[] = [];
  const end = (record: StepRecord) => {
    records.push(record);
    const { name, conclusion, annotations, lines, summary } = record;
    const step = { name, number: records.length, lines, summary };
    report({ step, status: 'completed', conclusion, annotations });
  };
  const stages = stagesOf(ground, end);
  const last: Stage[] = [];
  for (let stage = stages.shift(); stage; stage = stages.shift() ?? last.pop()) {
    try {
      if (!holds(stage.if, contextsIn(ground), statusAfter(records, job))) {
        end(untouched(stage, 'skipped'));
        continue;
      }
      report({
        step: { name: stage.name, number: records.length + 1 },
        status: 'in_progress',
        annotations: [],
      });
      const after = afterwards(stage);
      if (after) last.push(after);
      using cancellation = cancellationOf(stage, ground);
      const record = await perform(stage, ground, cancellation.signal);
      if (host.lost.aborted) return null;
      end(record);
    } catch (error) {
      end(broken(stage.name, error, ground));
    }
  }
  return records;
}

/** All stages that are known before the first begins; none, and the fault is told, when an action is not there. */
function stagesOf(ground: Ground, end: (record: StepRecord) => void): Stage[] {
  try {
    return ground.job.steps.map(step => stageOf(step, ground));
  } catch (error) {
    end(broken('Set up job', error, ground));
    return [];
  }
}

/** What could not even begin: an expression that is none, an action or a program that is not there. */
function broken(name: string, error: unknown, { masks }: Ground): StepRecord {
  const { annotate, lines, annotations } = openStepLog(masks);
  annotate('failure', (error as Error).message);
  return { ...untouched({ name }, 'failure'), lines, annotations };
}

function statusAfter(records: readonly StepRecord[], job: Job): JobStatus {
  if (job.cancelled.aborted) return 'cancelled';
  return records.some(({ conclusion }) => conclusion === 'failure') ? 'failure' : 'success';
}

function untouched({ name }: { name: string }, conclusion: Conclusion): StepRecord {
  return { name, conclusion, lines: [], annotations: [], outputs: {}, summary: '' };
}

/** A stage whose condition holds in a cancelled job, too, goes on. */
function cancellationOf(stage: Stage, ground: Ground): Disposable & { signal: AbortSignal } {
  const { cancelled } = ground.job;
  const controller = new AbortController();
  const cancel = () => {
    if (!holds(stage.if, contextsIn(ground), 'cancelled')) controller.abort();
  };
  cancelled.addEventListener('abort', cancel);
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => cancelled.removeEventListener('abort', cancel),
  };
}
