import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { closeTerminals, openTerminals } from '../../src/agent/terminals.ts';
import { homePaths } from '../../src/config/paths.ts';
import { loadSettings } from '../../src/config/settings.ts';
import { openLocalEngine } from '../../src/daemon/local-engine.ts';
import { localForge } from '../../src/local/forge.ts';
import { findRepository } from '../../src/local/repository.ts';
import { silentLog } from '../../src/shared/log.ts';
import { runProgram } from '../../src/shared/program.ts';
import { openSecrets } from '../../src/shared/secrets/secrets.ts';
import { type Run, runName } from '../../src/task/glossary.ts';
import { fakeActions, stagesOn } from '../support/actions.ts';
import { fakeClock } from '../support/clock.ts';
import { memoryStore } from '../support/tasks.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { impatientClock } from '../support/watch.ts';
import { type EngineBench, engineContract } from './contract.ts';

engineContract('on this host', async (): Promise<EngineBench> => {
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await temporaryDirectory());
  const [folder, home] = [join(path, 'shop'), join(path, 'home')];
  const git = (...args: string[]) => runProgram('git', ['-C', folder, ...args]);
  await runProgram('git', ['init', '-q', '-b', 'main', folder]);
  for (const [key, value] of Object.entries({ name: 'Ann', email: 'ann@example.com' }))
    await git('config', `user.${key}`, value);
  await git('commit', '-q', '--allow-empty', '-m', 'Start');
  const file = (task: number, what: string) => join(path, `T${task}.${what}`);
  const agent = `trap 'exit 130' INT
    echo started >> ${path}/$ORCH_TASK.starts
    while [ ! -s ${path}/$ORCH_TASK.exit ]; do sleep 0.05; done; exit $(cat ${path}/$ORCH_TASK.exit)`;
  const { settings } = loadSettings({
    env: { HOME: path },
    text: stringify({ orchestrator: { home }, agents: { claude: { command: ['sh', '-c', agent] } } }),
    desk: { folder, agents: null },
  });
  const store = memoryStore();
  const paths = homePaths(home);
  const repository = await findRepository(folder);
  const open = () =>
    openLocalEngine({
      settings,
      paths,
      store,
      forge: localForge({ store, clock: impatientClock, repository }),
      contextOf: () => join(path, 'context'),
      env: { PATH: process.env.PATH, HOME: path },
      clock: impatientClock,
      log: silentLog(),
      secrets: openSecrets(),
      heard: () => {},
      wake: () => {},
    });
  const endAll = async () => {
    using terminals = openTerminals({ directory: paths.tmux, log: silentLog() });
    await closeTerminals(terminals);
  };
  let engine = await open();
  stack.defer(endAll);
  stack.defer(() => engine[Symbol.asyncDispose]());
  const owned = stack.move();
  return {
    store,
    get stages() {
      return engine.stages;
    },
    async restart() {
      await engine[Symbol.asyncDispose]();
      engine = await open();
    },
    end: ({ task }, exitCode) => writeFileSync(file(task, 'exit'), `${exitCode}`),
    // As when the host starts anew: nobody writes an exit file.
    lose: endAll,
    look: run => engine.stages.agent.look(run),
    starts: ({ task }) =>
      existsSync(file(task, 'starts'))
        ? readFileSync(file(task, 'starts'), 'utf8').split('\n').length - 1
        : 0,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
});

engineContract('by GitHub Actions', async (): Promise<EngineBench> => {
  const clock = fakeClock();
  const store = memoryStore();
  const actions = fakeActions(clock);
  const nameOf = (run: Run) => runName(run.task, run.number);
  let opened = stagesOn(actions, { store, clock });
  return {
    store,
    get stages() {
      return opened.stages;
    },
    async restart() {
      opened = stagesOn(actions, { store, clock });
    },
    end: (run, exitCode) =>
      actions.end(nameOf(run), { exitCode, outcome: exitCode === 0 ? 'succeeded' : 'crashed' }),
    lose: async run => actions.end(nameOf(run), null, 'failure'),
    look(run) {
      const dispatched = actions.of(nameOf(run));
      if (dispatched) opened.news.heard(dispatched.id);
      return opened.stages.agent.look(run);
    },
    starts: run => actions.runs.filter(({ title }) => title === `Orch ${nameOf(run)}`).length,
    [Symbol.asyncDispose]: async () => {},
  };
});
