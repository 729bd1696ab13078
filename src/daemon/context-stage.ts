import { basename } from 'node:path';
import type { SharedContext } from '../agent/prompt.ts';
import type { Paths } from '../config/paths.ts';
import type { Settings } from '../config/settings.ts';
import { type Given, give, locateFiles } from '../context/give.ts';
import { startContext } from '../context/writer.ts';
import { describeTests } from '../record/words.ts';
import type { Clock } from '../shared/clock.ts';
import { describeError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import type { Store } from '../store/open.ts';
import { type Run, runName, type Task } from '../task/glossary.ts';
import { type Store as GitStore, tips } from '../workspace/store.ts';
import { readReadme, topEntries } from '../workspace/tree.ts';
import { contextPath, locateWorkspace } from '../workspace/workspace.ts';
import type { Repositories } from './git.ts';
import { wordsOf } from './words.ts';

export interface ContextStageOptions {
  store: Store;
  clock: Clock;
  log: Log;
  redact(text: string): string;
  paths: Paths;
  settings: Settings;
  repositories: Repositories;
  /** The folder with the shared context of the task's repository. */
  folderOf(task: Task): string;
  changedFiles(task: Task): Promise<string[]>;
}

export type ContextStage = ReturnType<typeof contextStage>;

/** Keeps the context that agents of a repository share, and gives it to each. */
export function contextStage(options: ContextStageOptions) {
  const { store, log, paths, settings, repositories } = options;

  const writer = startContext({
    ...options,
    isWritten: settings.context.updateOnCompletion,
    maxMb: settings.context.maxMb,
    tests(task) {
      const tests = store.pulls.get(task.id)?.tests;
      return tests ? describeTests(tests) : null;
    },
    words: run => wordsOf(paths, run),
    structure: task =>
      atTarget(task, async (git, commit, branch) => ({
        branch,
        commit,
        entries: await topEntries(git, commit),
      })),
    readme: task => atTarget(task, (git, commit) => readReadme(git, commit)),
    changed: refresh,
  });

  /** Where the task's branch will be merged, as it was fetched last. Null when nothing can be told of it. */
  async function atTarget<T>(
    task: Task,
    read: (git: GitStore, commit: string, branch: string) => Promise<T>,
  ): Promise<T | null> {
    const branch = task.target ?? task.base;
    if (branch === null) return null;
    try {
      const git = await repositories.store(task);
      const commit = (await tips(git, [branch])).get(branch) ?? task.baseSha;
      return commit === null ? null : await read(git, commit, branch);
    } catch (error) {
      log.warn(
        { repository: task.repository, why: describeError(error) },
        'the repository could not be read',
      );
      return null;
    }
  }

  /** Agents at work see what has changed. */
  async function refresh(folder: string): Promise<void> {
    for (const run of store.runs.live()) {
      if (options.folderOf(store.tasks.get(run.task) as Task) !== folder) continue;
      if (run.spawnedAt !== null) await tryGive(folder, run);
    }
  }

  /** An agent that misses some of it works all the same. */
  async function tryGive(folder: string, run: Run): Promise<Given> {
    try {
      return await give(folder, locateWorkspace(paths.workspaces, run.workspace).context);
    } catch (error) {
      const name = runName(run.task, run.number);
      log.warn({ run: name, why: describeError(error) }, 'shared context could not be given to the agent');
      return { files: [], more: 0 };
    }
  }

  return {
    /** Brings it into the run's workspace, and says what an agent has to know of it. */
    async giveTo(task: Task, run: Run): Promise<SharedContext> {
      const workspace = locateWorkspace(paths.workspaces, run.workspace);
      const given = await writer.upToDate(task, folder => tryGive(folder, run));
      const at = await contextPath(workspace);
      const name = basename(settings.context.directory);
      const wanted = await locateFiles(task.contextFiles, { given, at, name, tree: workspace.tree });
      return { at, ...given, wanted };
    },
    stop: writer.stop,
  };
}
