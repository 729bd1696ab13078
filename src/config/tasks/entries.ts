import { nearest } from '../../shared/nearest.ts';
import { parseTaskName } from '../../task/glossary.ts';
import type { RawParent, RawTask } from './schema.ts';

/** A task of a file, and how it stands to the others there. */
export interface Entry {
  /** `#3` where the file gives it no id. */
  name: string;
  task: RawTask;
  /** Where it stands in the file. */
  path: (string | number)[];
  parent: Entry | null;
  /** Its subtasks, and what it depends on beside them. */
  children: Entry[];
  dependencies: Entry[];
  /** Tasks that Orch has already. */
  after: number[];
}

interface Mistake {
  path: (string | number)[];
  message: string;
}

/** All tasks of a file, in the order in which they stand there. Names that lead nowhere are passed over. */
export function entriesOf(tasks: readonly RawParent[]): Entry[] {
  const entries: Entry[] = [];
  const add = (task: RawTask, path: Entry['path'], parent: Entry | null): Entry => {
    const name = task.id ?? `#${entries.length + 1}`;
    const entry: Entry = { name, task, path, parent, children: [], dependencies: [], after: [] };
    entries.push(entry);
    return entry;
  };
  const parents = tasks.map((task, index) => {
    const parent = add(task, [index], null);
    return { parent, parts: task.subtasks.map((part, n) => partOf(part, [index, 'subtasks', n], parent)) };
  });
  function partOf(part: string | RawTask, path: Entry['path'], parent: Entry): string | Entry {
    return typeof part === 'string' ? part : add(part, path, parent);
  }

  const byName = new Map(entries.map(entry => [entry.name, entry]));
  for (const { parent, parts } of parents)
    for (const part of parts) {
      const child = typeof part === 'string' ? byName.get(part) : part;
      if (!child) continue;
      child.parent ??= parent;
      parent.children.push(child);
    }
  for (const { task, dependencies, after } of entries)
    for (const name of task.dependencies) {
      const found = byName.get(name) ?? taskOfOrch(name);
      if (typeof found === 'number') after.push(found);
      else if (found) dependencies.push(found);
    }
  return entries;
}

/** What is wrong with the names in a file, each with its place. */
export function checkNames(tasks: readonly RawParent[]): Mistake[] {
  const entries = entriesOf(tasks);
  const byName = new Map(entries.map(entry => [entry.name, entry] as const).reverse());
  const known = [...byName.keys()].reverse();
  const unknown = (path: Entry['path'], name: string): Mistake[] =>
    byName.has(name) ? [] : [{ path, message: unknownName(name, known) }];
  const twice = entries.filter(entry => byName.get(entry.name) !== entry);
  const children = entries.flatMap(parent => parent.children.map(child => ({ parent, child })));
  return [
    ...twice.map(({ path, name }) => ({ path: [...path, 'id'], message: `\`${name}\` is there twice` })),
    ...tasks.flatMap(({ subtasks }, index) =>
      subtasks.flatMap((part, n) => (typeof part === 'string' ? unknown([index, 'subtasks', n], part) : [])),
    ),
    ...children
      .filter(({ parent, child }) => child.parent !== parent)
      .map(({ parent, child }) => ({
        path: [...parent.path, 'subtasks'],
        message: `\`${child.name}\` is a subtask of \`${child.parent?.name}\` already`,
      })),
    ...entries.flatMap(({ task, path }) =>
      task.dependencies.flatMap((name, n) =>
        taskOfOrch(name) === null ? unknown([...path, 'dependencies', n], name) : [],
      ),
    ),
  ];
}

function unknownName(name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  const hint = near ? `did you mean \`${near}\`?` : 'tasks that Orch has already are named like T12';
  return `no task here is called \`${name}\`; ${hint}`;
}

/** The number of `T12` or `task_012`; a bare number can only be a name in the file. */
function taskOfOrch(name: string): number | null {
  return /^\d/.test(name) ? null : parseTaskName(name);
}
