import type { Annotation } from '../model.ts';
import type { Contexts } from './expression.ts';
import type { StepDefinition } from './workflow-file.ts';

/** A job of a workflow run as a runner gets it. */
export interface Job {
  /** That of its check run, too. */
  id: number;
  /** Its key in the workflow file. */
  key: string;
  run: { id: number; number: number; attempt: number };
  repository: { id: number; fullName: string; ownerId: number };
  /** The workflow's name, and where its file is: `owner/repo/.github/workflows/orch.yml@refs/heads/main`. */
  workflow: string;
  workflowRef: string;
  event: { name: string; payload: object };
  sha: string;
  ref: string;
  actor: { id: number; login: string };
  triggeringActor: { id: number; login: string };
  token: string;
  /** Steps and environment are as written: their expressions may name what is only known while the job runs. */
  env: Readonly<Record<string, string>>;
  steps: readonly StepDefinition[];
  /** What expressions can name when the job begins. */
  contexts: Contexts;
  cancelled: AbortSignal;
}

export type Conclusion = 'success' | 'failure' | 'cancelled' | 'skipped';

/** What a runner tells of a job: each step when it begins and ends, and at last the job. */
export interface Report {
  step?: { name: string; number: number; summary?: string; lines?: readonly string[] };
  status: 'in_progress' | 'completed';
  conclusion?: Conclusion;
  annotations: readonly Annotation[];
}

/** What runners see of the simulated GitHub. */
export interface RunnerSide {
  /** The oldest queued job whose labels this runner has; it is then in progress. */
  take(runner: { name: string; labels: readonly string[] }): Job | null;
  onQueued(listener: () => void): Disposable;
  report(job: Job, report: Report): void;
}
