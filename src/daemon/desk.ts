import { resolve } from 'node:path';
import type { ApiOptions } from '../api/options.ts';
import { carriedSettings } from '../config/repository.ts';
import { WRITTEN } from '../context/place.ts';
import type { Ask } from '../forge/wish.ts';
import { localAsk } from '../local/ask.ts';
import { showPull } from '../local/diff.ts';
import { excludeFromGit, insideOf } from '../local/exclude.ts';
import { followLocal } from '../local/follow.ts';
import { localForge } from '../local/forge.ts';
import { localMerge } from '../local/merge.ts';
import type { LocalRepository } from '../local/repository.ts';
import { showTests } from '../record/views.ts';
import type { Task } from '../task/glossary.ts';
import { type Daemon, type DaemonOptions, startDaemon } from './daemon.ts';
import { type LastingHome, openHome } from './home.ts';
import { openLocalEngine } from './local-engine.ts';
import { startPullTests } from './pull-tests.ts';
import { startTaskFolder } from './task-folder.ts';

export interface DeskOptions extends Omit<DaemonOptions, 'home' | 'forge' | 'engine' | 'contextOf'> {
  repository: LocalRepository;
}

export interface Desk extends Daemon, Pick<LastingHome, 'backUp'> {
  ask: Ask;
  local: NonNullable<ApiOptions['local']>;
}

/** What people merge by hand is noticed after so long at the latest; looking is two git processes a pull request. */
const FOLLOW_SECONDS = 30;

/** The daemon of one repository at somebody's desk. Errors: E_HOME, E_SECOND_DAEMON, E_DATABASE… */
export async function startDesk(options: DeskOptions): Promise<Desk> {
  const { settings, clock, log, repository } = options;
  await using stack = new AsyncDisposableStack();
  const home = stack.use(openHome(settings, options));
  const { store } = home;
  const context = resolve(repository.top, settings.context.directory);
  const tasks = settings.taskQueue.directory && resolve(repository.top, settings.taskQueue.directory);
  const own = insideOf(repository, [
    `${home.paths.home}/`,
    ...WRITTEN.map(name => `${context}/${name}`),
    ...(tasks ? [`${tasks}/`] : []),
  ]);
  excludeFromGit(repository, own);
  const forge = localForge({ store, clock, repository });
  const daemon = stack.use(
    await startDaemon({ ...options, home, forge, engine: openLocalEngine, contextOf: () => context }),
  );
  const follower = followLocal({
    ...{ store, clock, log, repository },
    intervalSeconds: FOLLOW_SECONDS,
    baseMoved: daemon.baseMoved,
  });
  stack.defer(() => follower.stop());
  const carried = carriedSettings(settings);
  const commandOf = (task: Task) => carried(task.settings).test;
  const { enclosed } = daemon;
  const { redact } = options.secrets;
  const tester = startPullTests({ store, clock, log, redact, commandOf, enclosed });
  stack.defer(() => tester.stop());
  const tests = (task: Task) => showTests(task, store.pulls.get(task.id)?.tests ?? null, commandOf(task));
  const ask = localAsk({ store, clock, settings, repository });
  if (tasks) {
    const folder = startTaskFolder({ directory: tasks, store, ask, clock, log });
    stack.defer(() => folder.stop());
  }
  const running = stack.move();
  return {
    ...daemon,
    backUp: home.backUp,
    ask,
    local: {
      merge: localMerge({ store, clock, repository, own, tests }),
      async diff(id) {
        const task = store.tasks.get(id) as Task;
        return await showPull(repository, task, store.pulls.get(id), tests(task));
      },
      tests: task => (task.pull === null ? null : tests(task)),
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
