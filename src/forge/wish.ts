import type { RunOptions } from '../command/options.ts';
import type { Task } from '../task/glossary.ts';

/** What somebody at the command line or the API wants done. */
export interface Wish {
  instruction: string;
  options: RunOptions;
  /** Files of the repository that the agent is to read first. */
  contextFiles: readonly string[];
  /** Asked again with the same source it is the same task; null: it is a new one each time. */
  source: string | null;
}

/**
 * Queues a wish; `duplicate` is the open task that asks for the same, `known` the same wish come again. Errors: E_USAGE where
 * this daemon takes tasks from elsewhere, E_NO_AGENT, E_UNKNOWN_AGENT, E_UNKNOWN_BASE, E_QUEUE_FULL…
 */
export type Ask = (wish: Wish) => Promise<Asked>;

interface Asked {
  kind: 'queued' | 'duplicate' | 'known';
  task: Task;
  /** What who asked had better know, though the task is queued: a sentence each. */
  notes: string[];
}
