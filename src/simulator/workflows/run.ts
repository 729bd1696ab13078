import type { CheckRun, CheckSuite, Repository, User } from '../model.ts';
import type { Contexts } from './expression.ts';
import type { Turn } from './groups.ts';
import type { Conclusion } from './job.ts';
import type { JobDefinition, WorkflowFile } from './workflow-file.ts';

/** A file of `.github/workflows`, whatever it says now. */
export interface Workflow {
  id: number;
  repository: Repository;
  /** `.github/workflows/orch.yml` */
  path: string;
  createdAt: number;
}

/** What has started a workflow run. */
export interface Trigger {
  event: { name: string; payload: Readonly<Record<string, unknown>> };
  inputs: Readonly<Record<string, string>>;
  sha: string;
  ref: string;
  /** The branch that GitHub shows for it. */
  branch: string;
  actor: User;
  /** A pull request of a fork: the job's token only reads, and there are no secrets. */
  isFromFork: boolean;
}

export interface WorkflowRun extends Trigger {
  id: number;
  number: number;
  attempt: number;
  workflow: Workflow;
  file: WorkflowFile;
  name: string;
  title: string;
  /** Pending: it waits for its turn in its concurrency group. */
  status: 'pending' | 'queued' | 'in_progress' | 'completed';
  conclusion: Conclusion | null;
  /** Why its file could not be followed. */
  fault: string | null;
  triggeringActor: User;
  suite: CheckSuite;
  jobs: WorkflowJob[];
  createdAt: number;
  startedAt: number;
  updatedAt: number;
}

export interface WorkflowJob {
  run: WorkflowRun;
  key: string;
  definition: JobDefinition;
  labels: readonly string[];
  contexts: Contexts;
  /** Its id is the job's. */
  check: CheckRun;
  status: 'pending' | 'queued' | 'in_progress' | 'completed';
  conclusion: Conclusion | null;
  /** What its `if:` says. */
  isWanted: boolean;
  /** In its own concurrency group, if it has one. */
  turn: Turn | null;
  runner: { id: number; name: string } | null;
  token: string | null;
  steps: JobStep[];
  cancel: AbortController;
  createdAt: number;
  startedAt: number | null;
  completedAt: number | null;
}

export interface JobStep {
  name: string;
  number: number;
  status: 'in_progress' | 'completed';
  conclusion: Conclusion | null;
  startedAt: number;
  completedAt: number | null;
  summary: string;
  lines: readonly string[];
}
