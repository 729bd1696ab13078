import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../shared/clock.ts';
import type { Annotation } from '../model.ts';
import type { Conclusion, Job, Report, Step } from '../workflows/job.ts';
import { type Action, fetchAction, inputEnvironment } from './action.ts';
import { holds, type JobStatus } from './condition.ts';
import { type Folders, jobEnvironment, makeFolders } from './environment.ts';
import { type Masks, openMasks } from './masks.ts';
import { endOrphans, TRACKING } from './orphans.ts';
import { runProcess, type StepProcess } from './process.ts';
import { makeStepFiles } from './step-files.ts';
import { openStepLog, type StepLog } from './step-log.ts';

/** The machine that a runner is on, as its jobs see it. */
export interface Host {
  name: string;
  directory: string;
  /** The simulated GitHub's address. */
  githubUrl: string;
  /** Folders of actions by `owner/repo/path`. */
  actions: Readonly<Record<string, string>>;
  /** What the runner's own environment has: PATH and HOME at the least. Steps inherit that, and nothing else. */
  environment: Readonly<Record<string, string>>;
  clock: Clock;
  patience: StepProcess['patience'];
  /** The machine is gone: whatever runs on it ends at once, and nothing more is said. */
  lost: AbortSignal;
}

/** One step as it was. */
interface StepRecord {
  name: string;
  conclusion: Conclusion;
  /** Its log, masked. */
  lines: readonly string[];
  annotations: readonly Annotation[];
  outputs: Readonly<Record<string, string>>;
  /** Markdown, for the page of the workflow run. */
  summary: string;
}

/** A job as it was, in the order in which its steps ended. */
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
  const work = new Work(job, host, report);
  const stages = work.prepare();
  host.lost.addEventListener('abort', work.end);
  while (!host.lost.aborted) {
    const stage = stages.shift() ?? work.afterwards.pop();
    if (stage === undefined) break;
    await work.perform(stage);
  }
  host.lost.removeEventListener('abort', work.end);
  work.cleanUp();
  return host.lost.aborted ? null : work.record();
}

/** A step, or what an action does after the last one. */
interface Stage {
  name: string;
  if: string;
  env: Readonly<Record<string, string>>;
  action: Action | null;
  program: [file: string, ...args: string[]];
  /** What the step itself has kept for afterwards. */
  state: Map<string, string>;
  isPost: boolean;
}

class Work {
  readonly afterwards: Stage[] = [];
  readonly #steps: StepRecord[] = [];
  readonly #job: Job;
  readonly #host: Host;
  readonly #report: (report: Report) => void;
  readonly #folders: Folders;
  readonly #masks: Masks = openMasks();
  readonly #environment: Record<string, string>;
  /** Grows by what steps write to GITHUB_ENV and GITHUB_PATH. */
  readonly #env = new Map<string, string>();
  readonly #path: string[] = [];
  readonly #tracking = `github_${randomUUID()}`;
  #status: JobStatus = 'success';

  constructor(job: Job, host: Host, report: (report: Report) => void) {
    [this.#job, this.#host, this.#report] = [job, host, report];
    this.#folders = makeFolders(host.directory, job);
    this.#environment = jobEnvironment(job, this.#folders, host);
    for (const [name, value] of Object.entries(job.env)) this.#env.set(name, value);
    this.#masks.add(job.token);
    this.#masks.add(Buffer.from(`x-access-token:${job.token}`).toString('base64'));
  }

  /** The job's steps, once all actions are there; none when one of them is not. */
  prepare(): Stage[] {
    try {
      return this.#job.steps.map(step => this.#stage(step));
    } catch (error) {
      const log = openStepLog(this.#masks);
      log.annotate('failure', (error as Error).message);
      this.#end({ ...told(log), name: 'Set up job', conclusion: 'failure', outputs: {}, summary: '' });
      return [];
    }
  }

  #stage(step: Step): Stage {
    const common = { name: step.name, if: step.if, state: new Map<string, string>(), isPost: false };
    if ('run' in step) {
      const script = join(this.#folders.temporary, `${randomUUID()}.sh`);
      writeFileSync(script, step.run);
      return { ...common, env: step.env, action: null, program: ['bash', '-e', script] };
    }
    const action = fetchAction(step.uses, this.#host.actions, this.#folders.actions);
    const inputs = inputEnvironment(action, step.with, text => this.#evaluate(text));
    return { ...common, env: { ...step.env, ...inputs }, action, program: [process.execPath, action.main] };
  }

  /** Defaults of inputs may name what is known of the job, such as `${{ github.token }}`. */
  #evaluate(text: string): string {
    return text.replace(/\$\{\{\s*github\.(\w+)\s*\}\}/g, (_, name: string) =>
      name === 'token' ? this.#job.token : (this.#environment[`GITHUB_${name.toUpperCase()}`] ?? ''),
    );
  }

  async perform(stage: Stage): Promise<void> {
    if (this.#job.cancelled.aborted) this.#status = 'cancelled';
    const skipped = { name: stage.name, lines: [], annotations: [], outputs: {}, summary: '' };
    if (!holds(stage.if, this.#status)) return this.#end({ ...skipped, conclusion: 'skipped' });
    const number = this.#steps.length + 1;
    this.#report({ step: { name: stage.name, number }, status: 'in_progress', annotations: [] });
    if (!stage.isPost && stage.action?.post) this.afterwards.push(post(stage, stage.action.post));
    const log = openStepLog(this.#masks);
    const files = makeStepFiles(this.#folders.temporary);
    using cancellation = this.#cancellation(stage);
    const code = await runProcess({
      file: stage.program[0],
      args: stage.program.slice(1),
      cwd: this.#folders.workspace,
      env: this.#environmentOf(stage, files.environment),
      line: log.line,
      cancelled: cancellation.signal,
      clock: this.#host.clock,
      patience: this.#host.patience,
    });
    if (this.#host.lost.aborted) return;
    let isBroken = false;
    const written = files.take(words => {
      isBroken = true;
      log.annotate('failure', words);
    });
    for (const [name, value] of written.env) this.#env.set(name, value);
    for (const folder of written.path) this.#path.unshift(folder);
    for (const [name, value] of [...log.state, ...written.state]) stage.state.set(name, value);
    const isCancelled = cancellation.signal.aborted;
    const isGood = code === 0 && !isBroken && !log.isBroken;
    if (isCancelled) log.annotate('failure', 'The operation was canceled.');
    else if (code !== 0 && stage.action === null)
      log.annotate('failure', `Process completed with exit code ${code}.`);
    this.#end({
      ...told(log),
      name: stage.name,
      conclusion: isCancelled ? 'cancelled' : isGood ? 'success' : 'failure',
      outputs: Object.fromEntries([...log.outputs, ...written.output]),
      summary: this.#masks.hide(written.summary),
    });
  }

  /** A step whose condition holds in a cancelled job, too, goes on. */
  #cancellation(stage: Stage): Disposable & { signal: AbortSignal } {
    const controller = new AbortController();
    const cancel = () => {
      this.#status = 'cancelled';
      if (!holds(stage.if, this.#status)) controller.abort();
    };
    this.#job.cancelled.addEventListener('abort', cancel);
    return {
      signal: controller.signal,
      [Symbol.dispose]: () => this.#job.cancelled.removeEventListener('abort', cancel),
    };
  }

  #environmentOf(stage: Stage, files: Record<string, string>): Record<string, string> {
    const { environment } = this.#host;
    const path = [...this.#path, this.#env.get('PATH') ?? environment.PATH].join(':');
    const state = [...stage.state].map(([name, value]) => [`STATE_${name}`, value]);
    return {
      ...environment,
      [TRACKING]: this.#tracking,
      ...Object.fromEntries(this.#env),
      ...stage.env,
      ...this.#environment,
      ...files,
      ...(stage.isPost ? Object.fromEntries(state) : {}),
      PATH: path,
    };
  }

  #end(step: StepRecord): void {
    const { name, conclusion, annotations } = step;
    this.#steps.push(step);
    if (conclusion === 'failure' && this.#status === 'success') this.#status = 'failure';
    const number = this.#steps.length;
    this.#report({ step: { name, number }, status: 'completed', conclusion, annotations });
  }

  /** A lost machine takes all with it; else only who has left the job by its own will stays. */
  readonly end = () => endOrphans(this.#tracking);

  cleanUp(): void {
    endOrphans(this.#tracking);
    makeFolders(this.#host.directory, this.#job);
  }

  record(): JobRecord {
    const { name } = this.#host;
    return { job: this.#job, runner: name, conclusion: this.#status, steps: this.#steps };
  }
}

function told({ lines, annotations }: StepLog): Pick<StepRecord, 'lines' | 'annotations'> {
  return { lines, annotations };
}

function post(stage: Stage, { file, if: condition }: NonNullable<Action['post']>): Stage {
  return {
    ...stage,
    name: `Post ${stage.name}`,
    if: condition,
    program: [process.execPath, file],
    isPost: true,
  };
}
