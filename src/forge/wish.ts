import type { RunOptions } from '../command/options.ts';
import type { FileTask } from '../config/tasks/file.ts';
import type { Store } from '../store/open.ts';
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

/** Where on GitHub something is wanted, and who wants it, as whoever brings the wish says. */
export interface AskedAt {
  /** `owner/name`. */
  repository: string;
  /** Of an issue or a pull request; null: at none. */
  issue: number | null;
  /** The login of a person or a bot. */
  requester: string;
}

/**
 * Queues wishes, all or none: at a place on GitHub, and at a desk without one. Errors: E_USAGE for the one at the other,
 * E_UNKNOWN_REPOSITORY, E_UNKNOWN_ISSUE, E_NO_ACCESS, E_NO_AGENT, E_UNKNOWN_AGENT, E_UNKNOWN_BASE, E_UNKNOWN_TASK,
 * E_QUEUE_FULL…
 */
export type Ask = (wishes: readonly Wish[], at: AskedAt | null) => Promise<Asked[]>;

/** `duplicate` is the open task that asks for the same, `known` the same wish come again. */
export interface Queued {
  kind: 'queued' | 'duplicate' | 'known';
  task: Task;
}

export interface Asked extends Queued {
  /** What who asked had better know, though the task is queued: a sentence each. */
  notes: string[];
}

/** Queues wishes, all or none, each by `queue` after the tasks that it names and those of the list that it needs. */
export function queueWishes(
  store: Store,
  wishes: readonly Wish[],
  queue: (wish: Wish, after: number[]) => Queued,
): Queued[] {
  return store.transaction(() => {
    const queued: Queued[] = [];
    for (const wish of wishes) {
      const earlier = wish.needs.map(place => (queued[place] as Queued).task.id);
      queued.push(queue(wish, [...(wish.options.after ?? []), ...earlier]));
    }
    return queued.map(({ kind, task }, index) => {
      const parent = queued[wishes[index]?.parent ?? -1];
      if (parent && kind === 'queued') store.tasks.update(task.id, task.epoch, { parent: parent.task.id });
      if (wishes[index]?.options.plan && kind === 'queued') store.plans.want(task.id);
      return { kind, task: store.tasks.get(task.id) as Task };
    });
  });
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
