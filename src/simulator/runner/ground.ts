import { randomUUID } from 'node:crypto';
import type { Clock } from '../../shared/clock.ts';
import { type Contexts, fillAll } from '../workflows/expression.ts';
import type { Conclusion, Job } from '../workflows/job.ts';
import { type Folders, jobEnvironment, makeFolders } from './environment.ts';
import { type Masks, openMasks } from './masks.ts';
import { TRACKING } from './orphans.ts';
import type { StepProcess } from './process.ts';

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
  /** Hears each line of a job's log, masked, as it comes. */
  said?: (line: string) => void;
  /** The machine is gone: whatever runs on it ends at once, and nothing more is said. */
  lost: AbortSignal;
}

/** What the steps of one job stand on, and leave to each other. */
export interface Ground {
  readonly job: Job;
  readonly host: Host;
  readonly folders: Folders;
  readonly masks: Masks;
  /** By it the job's processes are found. */
  readonly trackingId: string;
  /** What GitHub says of the job: no step can change it. */
  readonly context: Readonly<Record<string, string>>;
  /** Grows by what steps write to GITHUB_ENV. */
  readonly env: Record<string, string>;
  /** Grows at its front by what steps write to GITHUB_PATH. */
  readonly path: string[];
  /** What steps with an id have come to, for the expressions of later ones. */
  readonly steps: Record<string, { outputs: object; outcome: Conclusion; conclusion: Conclusion }>;
}

export function prepareGround(job: Job, host: Host): Ground {
  const folders = makeFolders(host.directory, job);
  const masks = openMasks();
  masks.add(job.token);
  masks.add(Buffer.from(`x-access-token:${job.token}`).toString('base64'));
  const trackingId = `github_${randomUUID()}`;
  const context = jobEnvironment(job, folders, host);
  const env = fillAll(job.env, job.contexts);
  return { job, host, folders, masks, trackingId, context, env, path: [], steps: {} };
}

/** What expressions can name by now. */
export function contextsIn({ job, host, folders, env, steps }: Ground): Contexts {
  const runner = { name: host.name, temp: folders.temporary, tool_cache: folders.tools };
  const github = { ...job.contexts.github, workspace: folders.workspace };
  return { ...job.contexts, github, env, steps, runner };
}

/** The whole environment of a step that adds `own` to what it finds. */
export function environmentIn(
  { host, trackingId, env, context, path }: Ground,
  own: Readonly<Record<string, string>>,
): Record<string, string> {
  const inherited: Record<string, string> = { ...host.environment, [TRACKING]: trackingId, ...env };
  const PATH = [...path, inherited.PATH].join(':');
  return { ...inherited, PATH, ...own, ...context };
}
