import { isDeepStrictEqual } from 'node:util';
import { heldBy, heldText } from '../overlap/hold.ts';
import { type Branch, collisions } from '../overlap/meet.ts';
import { overlapSentences } from '../overlap/words.ts';
import type { Clock } from '../shared/clock.ts';
import { describeError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import { keyedRounds } from '../shared/rounds.ts';
import type { Store } from '../store/open.ts';
import type { Overlap } from '../store/overlaps.ts';
import { type Run, runName, type Task, taskName } from '../task/glossary.ts';
import { isFinal } from '../task/states.ts';
import { openRehearsal, type Rehearsal } from '../workspace/rehearse.ts';
import { fetchStore, type Store as GitStore, tips } from '../workspace/store.ts';
import type { Moved } from './base-moved.ts';
import type { Engine } from './engine.ts';

export interface OverlapsOptions {
  store: Store;
  clock: Clock;
  log: Log;
  engine: Pick<Engine, 'repositories' | 'touchedFiles'>;
  /** Whether tasks wait for others that work on the same files. */
  isHolding: boolean;
  /** The branch that a pull request goes to has moved, and nobody works on it. */
  moved(moved: Moved): void;
}

export interface Overlaps {
  /** A branch has moved: what goes there is looked at again, once it is fetched. */
  baseMoved(repositoryId: number, branch: string): void;
  stop(): Promise<void>;
}

/** News come in swarms. */
const SETTLE_MS = 1000;
/** While agents work their files are looked at so often. */
const LIVE_MS = 15_000;
/** Nobody may tell that a branch has moved: it is fetched so often, as long as there is an open pull request. */
const FETCH_MS = 300_000;

/**
 * Knows the files that live runs touch, rehearses the merges of all live branches with their bases and with each other, and
 * tells in the journal what will collide.
 */
export function startOverlaps(options: OverlapsOptions): Overlaps {
  const { store, clock, log } = options;
  const rehearsals = new WeakMap<GitStore, Rehearsal>();
  const fetched = new Map<number, number>();
  const rounds = keyedRounds({
    clock,
    work: look,
    failed: (repository: number, error) =>
      log.warn({ repository, why: describeError(error) }, 'could not look for what will collide'),
    longestMs: FETCH_MS,
    atOnce: 1,
  });
  const soon = new Map<number, Disposable>();
  const news = store.journal.onAppend(id => settle((store.tasks.get(id) as Task).repositoryId));
  for (const { repositoryId } of [...store.tasks.withOpenPull(), ...store.runs.load()]) {
    // Nobody has heard what happened meanwhile.
    fetched.set(repositoryId, 0);
    settle(repositoryId);
  }

  function settle(repositoryId: number): void {
    if (soon.has(repositoryId) || rounds.isFailing(repositoryId)) return;
    const wake = () => {
      soon.delete(repositoryId);
      rounds.wake(repositoryId);
    };
    soon.set(repositoryId, clock.after(SETTLE_MS, wake));
  }

  async function look(repositoryId: number): Promise<number | null> {
    const lines = linesOf(store, repositoryId);
    const [first] = lines;
    let found: Overlap[] = [];
    if (first) {
      const git = await options.engine.repositories.store(first.task);
      await fetchWhenDue(git, first.task);
      const rehearsal = rehearsals.get(git) ?? openRehearsal(git);
      rehearsals.set(git, rehearsal);
      const branches = await describe(options, git, rehearsal, lines);
      found = await collisions(branches, {
        conflicts: (one, other) => rehearsal.conflicts(one, other).catch(() => []),
      });
      record(options, repositoryId, found);
      for (const branch of branches) await follow(rehearsal, branch);
    } else record(options, repositoryId, found);
    if (options.isHolding) tellHeld(options, repositoryId);
    const isLive = lines.some(({ run }) => run !== null);
    return first ? clock.now() + (isLive ? LIVE_MS : FETCH_MS) : null;
  }

  async function fetchWhenDue(git: GitStore, task: Task): Promise<void> {
    const last = fetched.get(task.repositoryId);
    if (last === undefined) fetched.set(task.repositoryId, clock.now());
    else if (last + FETCH_MS <= clock.now()) {
      await fetchStore(git, options.engine.repositories.remote(task, 'read'));
      fetched.set(task.repositoryId, clock.now());
    }
  }

  async function follow(rehearsal: Rehearsal, { task, head, base, isLive }: Branch): Promise<void> {
    const current = store.tasks.get(task) as Task;
    if (isLive || head === null || base === null || current.pullState !== 'open') return;
    try {
      if (await rehearsal.holds(head, base)) return;
      const conflicts = await rehearsal.conflicts(head, base);
      options.moved({ task: current, head, base, conflicts });
    } catch (error) {
      log.warn({ task: taskName(task), why: describeError(error) }, 'its base can not be merged for now');
    }
  }

  return {
    baseMoved(repositoryId, branch) {
      if (store.tasks.aimedAt(repositoryId, branch).length === 0) return;
      fetched.set(repositoryId, 0);
      settle(repositoryId);
    },
    async stop() {
      news[Symbol.dispose]();
      for (const alarm of soon.values()) alarm[Symbol.dispose]();
      await rounds.stop();
    },
  };
}

/** One for each branch: the task that works there now, or else the last that did. */
interface Line {
  task: Task;
  run: Run | null;
}

function linesOf(store: Store, repositoryId: number): Line[] {
  const live = store.runs.live().map(run => ({ task: store.tasks.get(run.task) as Task, run }));
  // Who goes on in a pull request tells of it from then on.
  const open = store.tasks
    .withOpenPull()
    .filter(({ state }) => isFinal(state))
    .map(task => ({ task, run: null }))
    .toReversed();
  const lines = new Map<string, Line>();
  for (const line of [...live, ...open]) {
    const { id, branch } = line.task;
    const key = branch ?? taskName(id);
    if (line.task.repositoryId === repositoryId && !lines.has(key)) lines.set(key, line);
  }
  return [...lines.values()].sort((a, b) => a.task.id - b.task.id);
}

async function describe(
  { store, engine, log, isHolding }: OverlapsOptions,
  git: GitStore,
  rehearsal: Rehearsal,
  lines: readonly Line[],
): Promise<Branch[]> {
  const names = lines.flatMap(({ task }) => [task.branch, task.target].filter(name => name !== null));
  const there = await tips(git, [...new Set(names)]);
  const isLookedAt = lines.length > 1 || isHolding;

  async function headOf({ branch, head }: Task): Promise<string | null> {
    const tip = branch === null ? null : (there.get(branch) ?? null);
    if (head === null || tip === null || tip === head) return head ?? tip;
    // What people have pushed is beyond what Orch has, unless it was not fetched since.
    return (await rehearsal.holds(tip, head)) ? tip : head;
  }

  async function touched({ task, run }: Line): Promise<string[]> {
    if (run === null || !isLookedAt) return [];
    try {
      return (await engine.touchedFiles(task, run)) ?? store.overlaps.touched(task.id);
    } catch (error) {
      const why = describeError(error);
      log.debug({ run: runName(run.task, run.number), why }, 'the files that it touches can not be seen');
      return store.overlaps.touched(task.id);
    }
  }

  const branches: Branch[] = [];
  for (const line of lines) {
    const { task, run } = line;
    const base = task.target === null ? null : (there.get(task.target) ?? null);
    try {
      const head = await headOf(task);
      const changed = head === null || base === null ? [] : await rehearsal.changed(base, head);
      const onBase =
        head === null || base === null || (await rehearsal.holds(head, base))
          ? []
          : await rehearsal.changed(head, base);
      const files = [...new Set([...changed, ...(await touched(line))])];
      if (!isDeepStrictEqual(files, store.overlaps.touched(task.id))) store.overlaps.touch(task.id, files);
      branches.push({ task: task.id, isLive: run !== null, head, base, files, onBase });
    } catch (error) {
      log.warn({ task: taskName(task.id), why: describeError(error) }, 'its branch can not be rehearsed');
    }
  }
  return branches;
}

/** Writes down and tells what is new, of all tasks that collide now or did before. */
function record({ store, clock }: OverlapsOptions, repositoryId: number, found: readonly Overlap[]): void {
  store.transaction(() => {
    const ids = new Set([...store.overlaps.inRepository(repositoryId), ...found.map(({ task }) => task)]);
    for (const id of ids) {
      const task = store.tasks.get(id) as Task;
      const now = found.filter(each => each.task === id);
      store.overlaps.put(id, now);
      const told = overlapSentences(now, task.target, store.tasks.get);
      const before = store.journal.ofTask(id).findLast(event => event.type === 'task:overlaps');
      const known = before?.type === 'task:overlaps' ? before.data.told : [];
      if (!isDeepStrictEqual(told, known)) store.journal.append(clock.now(), id, 'task:overlaps', { told });
    }
  });
}

/** Why queued tasks wait, where that is why. */
function tellHeld({ store, clock }: OverlapsOptions, repositoryId: number): void {
  store.transaction(() => {
    for (const task of store.tasks.list(1000, ['queued'])) {
      if (task.repositoryId !== repositoryId || store.dependencies.unmet(task.id).length > 0) continue;
      const held = heldBy(store, task);
      const reason = held && heldText(held);
      const isOurs = task.reason === null || task.reason.startsWith('waits for ');
      if (!isOurs || reason === task.reason) continue;
      store.tasks.update(task.id, task.epoch, { reason, updatedAt: clock.now() });
      store.journal.append(clock.now(), task.id, 'task:waits', { reason });
    }
  });
}
