import type { Progress } from '../agent/watch/progress.ts';
import type { Run, Task } from '../task/glossary.ts';

/** What the scheduler asks of the world. Every call may be repeated after a crash and then finds what it made. */
export interface Stages {
  workspace: {
    /**
     * Fetches, settles branch and base, makes the run's repository and worktree. What the host lacks is
     * E_SANDBOX_UNAVAILABLE, here or from `launch`: the task waits for it, and it is no try of the agent's.
     */
    prepare(task: Task, run: Run): Promise<Prepared>;
    /** Lets commits that the agent did not push reach the broker; nothing where no agent was ever launched. */
    rescue(task: Task, run: Run): Promise<void>;
    /** Removes the run from disk; commits that are nowhere else get a rescue ref, which is returned. */
    remove(task: Task, run: Run): Promise<string | null>;
  };
  agent: {
    /** Starts the session, or finds the one that a crash left behind. */
    launch(task: Task, run: Run): Promise<{ pid: number | null; pidStart: string | null }>;
    /** `unknown` when the probe itself failed: that is never taken for a death. */
    look(run: Run): Promise<Sight>;
    interrupt(run: Run): Promise<void>;
    /** Ends the whole process tree and the session. */
    kill(run: Run): Promise<void>;
    lastWords(run: Run): Promise<string | null>;
  };
  broker: {
    /** The run's own socket; does nothing when it is open, or while there is no branch yet. */
    open(task: Task, run: Run): Promise<void>;
    close(run: Run): Promise<void>;
  };
  pulls: {
    /** GitHub's truth: the open pull request of the task's branch, recorded in the task when found. */
    find(task: Task): Promise<boolean>;
    /** Opens a draft for commits that the agent left without one. */
    openDraft(task: Task, run: Run): Promise<void>;
  };
}

export interface Sight {
  session: 'none' | 'alive' | 'ended' | 'unknown';
  exitCode: number | null;
  /** The setup command that failed before the agent could start. */
  setupFailed: string | null;
  /** The limit that ended the agent, for people: `it took more than 2048 MB of memory`. */
  killedBy: string | null;
  /** What keeps the agent from its model at the moment, or did when it ended. Null, too, where the CLI tells nothing. */
  limit: Progress['limit'];
  /** Whether the CLI has told of anything that its agent did, which it does only after its prompt. Null where it tells nothing. */
  heard: boolean | null;
  /** How the CLI itself says that it ended. Null, too, where it tells nothing. */
  end: Progress['end'];
  /** When the CLI said that its turn is over, after which it usually ends by itself (ms). */
  turnEndedAt: number | null;
}

/** Where a run begins; `head` is the branch's tip on GitHub, null when it is not there. */
export interface Prepared {
  branch: string;
  target: string;
  baseSha: string;
  head: string | null;
}
