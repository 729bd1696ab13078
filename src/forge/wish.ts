import type { RunOptions } from '../command/options.ts';
import type { FileTask } from '../config/tasks/file.ts';
import type { Task } from '../task/glossary.ts';

/** What somebody at the command line or the API wants done. */
export interface Wish {
  instruction: string;
  options: RunOptions;
  /** Files of the repository that the agent is to read first. */
  contextFiles: readonly string[];
  /** Asked again with the same source it is the same task; null: it is a new one each time. */
  source: string | null;
  /** Places in the list of wishes: those before it that must be completed first, and the one that it is a part of. */
  needs: readonly number[];
  parent: number | null;
}

/**
 * Queues wishes, all or none; `duplicate` is the open task that asks for the same, `known` the same wish come again. Errors:
 * E_USAGE where this daemon takes tasks from elsewhere, E_NO_AGENT, E_UNKNOWN_AGENT, E_UNKNOWN_BASE, E_UNKNOWN_TASK,
 * E_QUEUE_FULL…
 */
export type Ask = (wishes: readonly Wish[]) => Promise<Asked[]>;

export interface Asked {
  kind: 'queued' | 'duplicate' | 'known';
  task: Task;
  /** What who asked had better know, though the task is queued: a sentence each. */
  notes: string[];
}

/** The wishes of a task file, in its order; with a source, the same file again asks for the same tasks. */
export function wishesOf(tasks: readonly FileTask[], source: string | null): Wish[] {
  const places = new Map(tasks.map(({ name }, place) => [name, place]));
  return tasks.map(({ name, instruction, options, contextFiles, needs, parent }) => ({
    instruction,
    options,
    contextFiles,
    source: source && `${source}:${name}`,
    needs: needs.map(each => places.get(each) as number),
    parent: parent === null ? null : (places.get(parent) as number),
  }));
}
