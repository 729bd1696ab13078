import type { Annotation } from '../model.ts';

/** A job of a workflow run as a runner gets it. Its expressions are evaluated, except what is only known while it runs. */
export interface Job {
  /** That of its check run, too. */
  id: number;
  /** Its key in the workflow file. */
  name: string;
  run: { id: number; number: number; attempt: number };
  repository: { id: number; fullName: string; ownerId: number };
  /** The workflow's name, and where its file is: `owner/repo/.github/workflows/orch.yml@refs/heads/main`. */
  workflow: string;
  workflowRef: string;
  labels: string[];
  event: { name: string; payload: object };
  sha: string;
  ref: string;
  actor: { id: number; login: string };
  token: string;
  env: Record<string, string>;
  steps: Step[];
  cancelled: AbortSignal;
}

export type Step = { id: string | null; name: string; if: string; env: Record<string, string> } & (
  | { uses: string; with: Record<string, string> }
  | { run: string }
);

export type Conclusion = 'success' | 'failure' | 'cancelled' | 'skipped';

/** What a runner tells of a job: each step when it begins and ends, and at last the job. */
export interface Report {
  step?: { name: string; number: number };
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
