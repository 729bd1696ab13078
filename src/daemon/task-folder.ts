import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { extname, join } from 'node:path';
import { readTaskFile } from '../config/tasks/file.ts';
import { type Ask, wishesOf } from '../forge/wish.ts';
import type { Clock } from '../shared/clock.ts';
import { describeError, OrchError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import { keyedRounds } from '../shared/rounds.ts';
import type { Store } from '../store/open.ts';
import { type Task, taskName } from '../task/glossary.ts';
import { isFinal } from '../task/states.ts';

export interface TaskFolderOptions {
  /** Holds `pending`, `assigned`, `completed` and `failed`, which are made. */
  directory: string;
  store: Store;
  ask: Ask;
  clock: Clock;
  log: Log;
}

const LOOK_MS = 2000;
const LARGEST_BYTES = 4_000_000;

/**
 * Takes task files out of `pending`: their tasks are queued and they go to `assigned`, then, when all of these are over, to
 * `completed` or `failed` with the result beside. One that is no good goes to `failed` with the reason. Each step can be
 * repeated after a crash: a file asks for its tasks once, and moves after what it leads to is written.
 */
export function startTaskFolder({ directory, store, ask, clock, log }: TaskFolderOptions) {
  const folder = {
    pending: join(directory, 'pending'),
    assigned: join(directory, 'assigned'),
    completed: join(directory, 'completed'),
    failed: join(directory, 'failed'),
  };
  for (const path of Object.values(folder)) mkdirSync(path, { recursive: true, mode: 0o700 });
  /** How files of `pending` were at the look before: those that have changed since may not be whole yet. */
  let before = new Map<string, string>();
  const looks = keyedRounds({
    clock,
    work: lookAtAll,
    failed: (_, err) => log.error({ err, directory }, 'the task files could not be looked at'),
  });
  looks.wake('all');

  /** One file that can't be read keeps no other from its turn. */
  async function lookAtAll(_: 'all'): Promise<number> {
    const failures: unknown[] = [];
    const now = new Map(filesIn(folder.pending).map(name => [name, stateOf(join(folder.pending, name))]));
    for (const [name, state] of now) {
      if (before.get(name) !== state || existsSync(join(folder.assigned, name))) continue;
      await take(name).catch(error => failures.push(error));
    }
    before = now;
    for (const name of filesIn(folder.assigned)) await settle(name).catch(error => failures.push(error));
    if (failures.length > 0) throw failures[0];
    return clock.now() + LOOK_MS;
  }

  async function take(name: string): Promise<void> {
    const path = join(folder.pending, name);
    try {
      const { text, source } = readOnce(path, name);
      const asked = await ask(wishesOf(readTaskFile(text), source), null);
      const tasks = asked.map(({ task }) => task.id);
      write(join(folder.assigned, `${name}.tasks`), JSON.stringify(tasks));
      renameSync(path, join(folder.assigned, name));
      log.info({ file: name, tasks: tasks.map(taskName) }, 'task file queued');
    } catch (error) {
      if (!(error instanceof OrchError)) throw error;
      const why = describeError(error);
      log.warn({ file: name, why }, 'task file not queued');
      // It waits for its place as a task would.
      if (error.code !== 'E_QUEUE_FULL') moveTo(folder.failed, path, name, '.error', `${why}\n`);
    }
  }

  /** Where all tasks of the file are over, it is too. */
  async function settle(name: string): Promise<void> {
    const list = join(folder.assigned, `${name}.tasks`);
    if (!existsSync(list)) return;
    const tasks = (JSON.parse(readFileSync(list, 'utf8')) as number[]).flatMap(
      id => store.tasks.get(id) ?? [],
    );
    if (!tasks.every(({ state }) => isFinal(state))) return;
    const isDone = tasks.every(({ state }) => state === 'completed');
    const result = JSON.stringify({ file: name, tasks: tasks.map(resultOf) }, null, 2);
    const to = isDone ? folder.completed : folder.failed;
    moveTo(to, join(folder.assigned, name), name, '.result.json', `${result}\n`);
    rmSync(list);
  }

  return { stop: looks.stop };
}

function filesIn(folder: string): string[] {
  return readdirSync(folder)
    .filter(name => ['.yaml', '.yml'].includes(extname(name)) && !name.startsWith('.'))
    .sort();
}

function stateOf(path: string): string {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return `${stats?.ino} ${stats?.size} ${stats?.mtimeMs}`;
}

/** A link could lead to anything that the daemon may read. Errors: E_TASK_FILE. */
function readOnce(path: string, name: string): { text: string; source: string } {
  if (!lstatSync(path).isFile()) throw new OrchError('E_TASK_FILE', `${name} is no plain file`);
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(file);
    if (!stats.isFile() || stats.size > LARGEST_BYTES)
      throw new OrchError('E_TASK_FILE', `${name} is no plain file, or too large`);
    const text = readFileSync(file, 'utf8');
    const hash = createHash('sha256').update(`${name}\0${stats.mtimeMs}\0${text}`).digest('hex');
    return { text, source: `file:${hash.slice(0, 32)}` };
  } finally {
    closeSync(file);
  }
}

/** Moves a file, under a free name, with what is to be said of it beside. */
function moveTo(folder: string, path: string, name: string, suffix: string, said: string): void {
  let free = name;
  for (let n = 2; existsSync(join(folder, free)); n += 1) free = `${name}.${n}`;
  write(join(folder, `${free}${suffix}`), said);
  renameSync(path, join(folder, free));
}

function write(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600, flush: true });
  renameSync(`${path}.new`, path);
}

function resultOf({ id, state, reason, instruction, branch, head, pull, pullUrl }: Task) {
  const pullRequest = pull === null ? null : { number: pull, url: pullUrl };
  return { id: taskName(id), status: state, reason, instruction, branch, head, pull_request: pullRequest };
}
