import type { Clock } from '../shared/clock.ts';
import { describeError } from '../shared/errors.ts';
import { stripInvisible } from '../shared/invisible.ts';
import type { Log } from '../shared/log.ts';
import { keyedRounds } from '../shared/rounds.ts';
import type { Store } from '../store/open.ts';
import type { JournalEvent } from '../task/events.ts';
import { type Run, type Task, taskName } from '../task/glossary.ts';
import { isFinal } from '../task/states.ts';
import { openFolder } from './folder.ts';
import { keepIn } from './keep.ts';
import { overviewOf } from './overview.ts';
import {
  completedEntry,
  noteEntry,
  notesFile,
  outputFile,
  outputPage,
  type State,
  statePage,
} from './pages.ts';
import { withPart } from './part.ts';

export interface ContextOptions {
  store: Store;
  clock: Clock;
  log: Log;
  /** Takes secrets out of what is written. */
  redact(text: string): string;
  /** The folder with the shared context of the task's repository. */
  folderOf(task: Task): string;
  /** Writes after each task; else it only gives what is there. */
  isWritten: boolean;
  maxMb: number;
  /** Names of the files that the task's runs changed, as far as they were pushed. */
  changedFiles(task: Task): Promise<string[]>;
  /** How the tests of its pull request went, in one line. */
  tests(task: Task): string | null;
  /** What an agent printed last. */
  words(run: Run): Promise<string | null>;
  /** What the branch that the task's work goes to holds at its top; null when that is not known. */
  structure(task: Task): Promise<State['structure']>;
  /** The text of that branch's README, if it has one. */
  readme(task: Task): Promise<string | null>;
  /** The folder has changed: agents at work there see it. */
  changed(folder: string): Promise<void>;
}

const READER = 'context';
const MOST_TROUBLED = 20;
const LONGEST_MS = 600_000;

/**
 * Writes what comes of tasks into the shared context of their repository, once each, from the journal. A folder that
 * can't be written holds nothing else up: it is warned of, and tried again.
 */
export function startContext(options: ContextOptions) {
  const { store, log } = options;
  const complained = new Set<string>();
  const turns = new Map<string, Promise<unknown>>();
  const clean = (text: string) => options.redact(stripInvisible(text));

  const rounds = keyedRounds({
    clock: options.clock,
    async work(id: number) {
      await inTurn(folderOf(id), () => record(id));
      return null;
    },
    failed: complain,
    longestMs: LONGEST_MS,
  });
  const news = store.journal.onAppend(wake);
  for (const { task } of store.journal.behind(READER)) wake(task);

  /** What can't be written is tried again by itself, and is not to be hurried by what the task does next. */
  function wake(task: number): void {
    if (!rounds.isFailing(task)) rounds.wake(task);
  }

  function folderOf(id: number): string {
    return options.folderOf(store.tasks.get(id) as Task);
  }

  /** One at a time in a folder. */
  function inTurn<T>(folder: string, work: () => Promise<T>): Promise<T> {
    const turn = (turns.get(folder) ?? Promise.resolve()).then(work);
    const quiet = turn.catch(() => {});
    turns.set(folder, quiet);
    void quiet.then(() => turns.get(folder) === quiet && turns.delete(folder));
    return turn;
  }

  function complain(id: number, error: unknown): void {
    const folder = folderOf(id);
    if (complained.has(folder)) return;
    complained.add(folder);
    log.warn({ task: taskName(id), why: describeError(error) }, 'shared context could not be written');
  }

  async function record(id: number): Promise<void> {
    const events = store.journal.ofTask(id, store.journal.cursor(READER, id));
    const last = events.at(-1);
    if (last === undefined) return;
    if (options.isWritten && events.some(isEnd)) await write(store.tasks.get(id) as Task, events);
    store.journal.moveCursor(READER, id, last.seq);
  }

  async function write(row: Task, events: readonly JournalEvent[]): Promise<void> {
    const task = cleaned(row);
    const folder = openFolder(options.folderOf(row));
    const keep = keepIn(folder);
    const runs = store.runs.ofTask(row.id).map(run => ({ ...run, reason: run.reason && clean(run.reason) }));
    const told = new Set(events.flatMap(event => (event.type === 'run:ended' ? [event.data.run] : [])));
    for (const run of runs) {
      const said = saidIn(run);
      if (told.has(run.number) && said.length > 0) await keep.note(notesFile(run), noteEntry(run, said));
    }
    const story = { task, runs, ...(await outcomeOf(row, runs.at(-1))) };
    const free = [await keep.page(outputFile(row.id), outputPage(story))];
    if (row.state === 'completed') free.push(await keep.entry('completed_tasks.json', completedEntry(story)));
    await keep.first('project_overview.md', () => firstOverview(row));
    free.push(await keep.page('current_state.md', await stateAfter(row)));
    await keep.prune(options.maxMb * 1024 * 1024);
    if (free.includes(false)) {
      const what =
        'people have changed what Orch writes in the shared context: the new version lies beside, as .orch-new';
      log.warn({ task: taskName(row.id), folder: folder.root }, what);
    }
    complained.delete(folder.root);
    await options.changed(folder.root);
  }

  async function outcomeOf(task: Task, run: Run | undefined) {
    const files = await options.changedFiles(task).catch(error => {
      log.warn({ task: taskName(task.id), err: error }, 'changed files are not known');
      return null;
    });
    const words = run ? await options.words(run) : null;
    const summary = run ? summaryOf(run) : null;
    const tests = options.tests(task);
    return {
      tests: tests && clean(tests),
      files: files?.map(clean) ?? null,
      words: words && clean(words),
      summary: summary && clean(summary),
    };
  }

  function summaryOf(run: Run): string | null {
    const done = store.journal
      .ofTask(run.task)
      .findLast(event => event.type === 'run:done' && event.data.run === run.number);
    return done?.type === 'run:done' ? done.data.summary : null;
  }

  /** Its progress, and its summary at last. */
  function saidIn(run: Run): string[] {
    const progress = store.journal
      .ofTask(run.task)
      .flatMap(event =>
        event.type === 'run:progress' && event.data.run === run.number ? [event.data.text] : [],
      );
    const summary = summaryOf(run);
    return [...progress, ...(summary ? [summary] : [])].map(clean);
  }

  async function stateAfter(task: Task): Promise<string> {
    return statePage({
      at: task.updatedAt,
      after: task.id,
      open: store.tasks.openInRepository(task.repositoryId).map(cleaned),
      troubled: store.tasks.troubledIn(task.repositoryId, MOST_TROUBLED).map(cleaned),
      structure: await options.structure(task),
    });
  }

  async function firstOverview(task: Task): Promise<string | null> {
    const readme = await options.readme(task);
    return readme === null ? null : overviewOf(clean(readme), task.repository);
  }

  function cleaned(task: Task): Task {
    return { ...task, instruction: clean(task.instruction), reason: task.reason && clean(task.reason) };
  }

  return {
    /**
     * Does something with the task's folder that nobody writes meanwhile, and that holds what has ended before; with an
     * overview and a state for the first task, if those can be written.
     */
    async upToDate<T>(task: Task, work: (folder: string) => Promise<T>): Promise<T> {
      const folder = options.folderOf(task);
      return await inTurn(folder, async () => {
        const begin = async () => {
          for (const each of store.journal.behind(READER))
            if (folderOf(each.task) === folder) await record(each.task);
          if (options.isWritten) await beginFor(task, folder);
        };
        await begin().catch(error => complain(task.id, error));
        return await work(folder);
      });
    },
    async stop(): Promise<void> {
      news[Symbol.dispose]();
      await rounds.stop();
    },
  };

  async function beginFor(task: Task, folder: string): Promise<void> {
    const keep = keepIn(openFolder(folder));
    await keep.first('project_overview.md', () => firstOverview(task));
    await keep.first('current_state.md', async () => withPart(null, await stateAfter(task)));
  }
}

function isEnd(event: JournalEvent): boolean {
  if (event.type === 'pull:tested') return true;
  return event.type === 'run:ended' || (event.type === 'task:state' && isFinal(event.data.to));
}
