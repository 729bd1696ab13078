import type { RunOptions } from '../../command/options.ts';
import { cycleThrough } from '../../shared/cycle.ts';
import { OrchError } from '../../shared/errors.ts';
import { readYaml } from '../yaml.ts';
import { type Entry, entriesOf } from './entries.ts';
import { formOf } from './schema.ts';

/** A task of a file, ready to be asked for. */
export interface FileTask {
  /** What the file calls it; `#3` where it has no id. */
  name: string;
  instruction: string;
  /** `after` names tasks that Orch has already. */
  options: RunOptions;
  contextFiles: string[];
  /** The tasks of the file that it needs, its subtasks among them. */
  needs: string[];
  /** The task that it is a subtask of. */
  parent: string | null;
}

export const MOST_CHARACTERS = 500_000;

/**
 * Reads a file of tasks: one, a list, or a list under `tasks`. Gives them in an order in which each comes after those that it
 * needs. A parent needs its subtasks, and they start after what it depends on; what they don't say is as the parent says.
 * Errors: E_TASK_FILE, E_CYCLE.
 */
export function readTaskFile(text: string): FileTask[] {
  const read = readYaml(text, formOf, MOST_CHARACTERS);
  if (!read.ok) {
    const problems = read.problems.map(({ line, message }) => `line ${line}: ${message}`);
    throw new OrchError('E_TASK_FILE', problems.join('; '));
  }
  const entries = entriesOf(read.value);
  // Who inherits from whom has an end only where there is no cycle.
  inOrder(entries, ownNeeds);
  return inOrder(entries, allNeeds).map(entry => ({
    name: entry.name,
    instruction: entry.task.description,
    options: optionsOf(entry),
    contextFiles: entry.task.context_files,
    needs: [...new Set(allNeeds(entry).map(({ name }) => name))],
    parent: entry.parent?.name ?? null,
  }));
}

function ownNeeds({ children, dependencies }: Entry): Entry[] {
  return [...dependencies, ...children];
}

function allNeeds(entry: Entry): Entry[] {
  return [...lineOf(entry).flatMap(({ dependencies }) => dependencies), ...entry.children];
}

/** Itself, its parent, and so on. */
function lineOf(entry: Entry): Entry[] {
  return entry.parent === null ? [entry] : [entry, ...lineOf(entry.parent)];
}

/** As in the file, but each after those that it needs. Errors: E_CYCLE. */
function inOrder(entries: readonly Entry[], needs: (entry: Entry) => readonly Entry[]): Entry[] {
  const ordered = new Set<Entry>();
  const begun = new Set<Entry>();
  const visit = (entry: Entry): void => {
    if (ordered.has(entry)) return;
    if (begun.has(entry)) throw cycle(entry, needs);
    begun.add(entry);
    for (const needed of needs(entry)) visit(needed);
    ordered.add(entry);
  };
  for (const entry of entries) visit(entry);
  return [...ordered];
}

function cycle(entry: Entry, needs: (entry: Entry) => readonly Entry[]): OrchError {
  const way = cycleThrough(entry, needs) ?? [];
  const text = way.map(({ name }) => name).join(' → ');
  return new OrchError('E_CYCLE', `These tasks wait for each other: ${text}`);
}

function optionsOf(entry: Entry): RunOptions {
  const line = lineOf(entry);
  const said = <Key extends keyof Entry['task']>(key: Key) =>
    line.map(({ task }) => task[key]).find(value => value !== undefined);
  const [agent, priority, minutes] = [said('preferred_agent'), said('priority'), said('timeout_minutes')];
  const after = line.flatMap(each => each.after);
  return {
    ...(agent !== undefined && { agent }),
    ...(priority !== undefined && { priority }),
    ...(minutes !== undefined && { timeoutSeconds: Math.round(minutes * 60) }),
    ...(after.length > 0 && { after: [...new Set(after)] }),
  };
}
