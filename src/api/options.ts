import type { Ask } from '../forge/wish.ts';
import type { CleanedUp, TestsView } from '../record/views.ts';
import type { Amount } from '../shared/amounts.ts';
import type { Clock } from '../shared/clock.ts';
import type { Log } from '../shared/log.ts';
import type { Backup } from '../store/backups.ts';
import type { Checkpoint } from '../store/checkpoints.ts';
import type { Store } from '../store/open.ts';
import type { AgentState, Run, Task } from '../task/glossary.ts';

/** What the API needs of the daemon that it is a face of. */
export interface ApiOptions {
  store: Store;
  clock: Clock;
  log: Log;
  /** Takes secrets out of what is answered. */
  redact(text: string): string;
  /** What `GET /api/orchestrator` says of the daemon itself. */
  about: { version: string; pid: number; started_at: string; url: string; stopping: boolean };
  /** Queues what somebody at the command line wants. */
  ask: Ask;
  /** What a desk can do besides; null where pull requests are a forge's. */
  local: {
    /** Brings a task's branch into its base, `anyway` also when its tests have not passed. Errors: E_TASK_STATE, E_MERGE. */
    merge(task: number, anyway?: boolean): Promise<{ commit: string; kind: string }>;
    /** What a task's branch changes. Errors: E_TASK_STATE while there is none. */
    diff(task: number): Promise<object>;
    /** How the tests of its pull request went; null where it has none. */
    tests(task: Task): TestsView | null;
  } | null;
  /** Ends the daemon when its agents have ended; `now`: stops them, to go on after the next start. */
  stop(now: boolean): void;
  /** Makes a backup of the database. */
  backUp(): Promise<Backup>;
  plans: {
    /** Has a task's plan carried out, within a budget; null is that of its quote. Errors: E_PLAN. */
    approve(task: number, approval: { by: string; budget: Amount | null }): Task;
  };
  checkpoints: {
    /** Keeps how the worktree of a live run is now. Errors: E_CHECKPOINT, E_TASK_STATE. */
    make(task: Task): Promise<Checkpoint>;
    /** Has a task go back to a checkpoint, the newest unless told. Errors: E_CHECKPOINT. */
    rollBack(task: number, checkpoint: number | null, by: string): Task;
  };
  /** Gives somebody the keyboard of a task's agent. Errors: E_TASK_STATE, E_AGENT_NOT_READY. */
  takeOver(task: number, by: string): Task;
  /** Removes the workspaces that no open task needs, whatever their age; commits that are nowhere else are kept. */
  cleanUp(): Promise<CleanedUp>;
  /** How it is looked into what goes on; looking changes nothing. */
  insight: {
    /** The last readable lines of a run's terminal. */
    output(run: Run, lines: number): Promise<string>;
    /** What its terminal shows now; null when there is none. */
    screen(run: Run): Promise<string | null>;
    /** What lies on disk of it. */
    files(run: Run): { what: string; path: string; bytes: number }[];
    /** The step that the scheduler would take now, and why. */
    next(task: Task): Promise<{ step: string; why: string }>;
  };
  agents: readonly { name: string; maxInstances: number }[];
  /** What the agent of a task's live run does. */
  agentState(task: number): { state: AgentState; detail: string | null } | null;
}
