import type { OrchError } from '../shared/errors.ts';
import type { Task } from '../task/glossary.ts';
import type { PullRequest, PullText, PullWords } from './pulls.ts';
import type { Access, Remote } from './remote.ts';

/** Makes sure that who asked for a task may still command, at this moment. */
export type Confirm = (task: Task) => Promise<void>;

interface Person {
  name: string;
  email: string;
}

/**
 * Where repositories live, branches are pushed to and pull requests are opened: GitHub, or a repository on this machine.
 * Everything from the queue to the broker is the same for each.
 */
export interface Forge {
  /** As sentences name it: `GitHub`. */
  readonly name: string;
  remote(task: Task, access: Access): Remote;
  /** The folder whose files `copy` in the repository's settings names. */
  files(task: Task): string;
  /** Who the agents' commits are by, and who stands beside them as co-author. */
  authors(task: Task): Promise<{ author: Person; coauthor: Person | null }>;
  /** Errors: E_ACCESS_LOST, E_GITHUB, E_GITHUB_AWAY. */
  confirm: Confirm;
  /** The issue of the task as it reads now; null where it has none. Errors: E_GITHUB, E_GITHUB_AWAY. */
  issue(task: Task): Promise<{ title: string; body: string | null } | null>;
  pulls: {
    /** The open pull request of the task's branch, recorded in the task when found. */
    find(task: Task): Promise<PullRequest | null>;
    /** Opens it, or finds the one that is there. Errors: E_GITHUB, E_RUN_ENDED. */
    open(task: Task, text: PullText): Promise<PullRequest>;
    /** How the task's pull request stands; null unless it is open, and Orch's own. Errors: E_GITHUB. */
    words(task: Task): Promise<PullWords | null>;
    /** Has it stand so again. Errors: E_GITHUB. */
    reword(task: Task, words: PullWords): Promise<void>;
    /** Has the open pull request go to another branch. Errors: E_GITHUB. */
    retarget(task: Task, branch: string): Promise<void>;
  };
  /** What it means that a fetch failed; never returns. */
  notFetched(error: unknown): never;
  /** What it means that a push did not come through, which is no fault of the agent. */
  notPushed(cause: Error): OrchError;
  /** Its refusal of a push, with the next step and where the work is kept. */
  refused(what: string, said: string, kept: string): OrchError;
}
