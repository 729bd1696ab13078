import type { Command } from '../command/command.ts';
import type { RunOptions } from '../command/options.ts';
import type { Settings } from '../config/settings.ts';
import type { ActionsNews } from '../engine/actions/stages.ts';
import type { Amount } from '../shared/amounts.ts';
import type { Task } from '../task/glossary.ts';
import type { Ci } from './follow-up/ci.ts';
import type { Place } from './payloads.ts';
import type { Replies, RepliesOptions } from './replies.ts';

/** What is done to a task that is there. */
export type Steering = Exclude<Command, { kind: 'run' | 'status' | 'help' | 'approve' | 'prove' }>;

/** How people reach tasks that are not in the store: each was a workflow run's. */
export interface Elsewhere {
  /** How the tasks here stand, or the one that was named, in Markdown. */
  status(place: Place, task: number | null): Promise<string>;
  /** Errors: E_UNKNOWN_TASK, E_TASK_STATE, E_USAGE, E_GITHUB. */
  steer(place: Place, command: Steering): Promise<void>;
}

/** What the handlers of deliveries have at hand. */
export interface AppContext extends RepliesOptions {
  settings: Settings;
  replies: Replies;
  /** What holds where a command says nothing else. */
  wanted: RunOptions;
  /** Null where all tasks are in the store. */
  elsewhere: Elsewhere | null;
  /** Has a task go back to a checkpoint, the newest unless told. Errors: E_CHECKPOINT. */
  rollBack(task: number, checkpoint: number | null, by: string): void;
  /** Errors: E_UNKNOWN_TASK, E_PLAN. */
  plans: {
    /** Has a task's plan carried out, within a budget; null is that of its quote. */
    approve(task: number, approval: { by: string; budget: Amount | null }): Task;
    /** The task's issue reads so now: a plan that was made for another text is void, unless its work has begun. */
    compare(task: number, issue: { title: string; body: string | null }): boolean;
  };
  /** Where a daemon stays to hear of it. */
  ci?: Pick<Ci, 'changed'>;
  /** A branch has moved, which pull requests may go to. */
  baseMoved?(repositoryId: number, branch: string): void;
  /** Where GitHub Actions carries out runs. */
  actions?: ActionsNews;
}
