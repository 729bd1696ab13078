import type { EngineOptions } from '../daemon/engine.ts';
import { openRepositories } from '../daemon/git.ts';
import { type LocalEngine, openLocalEngine } from '../daemon/local-engine.ts';
import type { Order } from '../engine/actions/order.ts';
import type { Sight } from '../scheduler/stages.ts';
import type { Run, Task } from '../task/glossary.ts';
import { fetchRef, openStores } from '../workspace/store.ts';

/** This host's engine, for one run: it goes on from what another host has kept of the runs before. */
export function engineFor(order: Order) {
  let last: Sight | null = null;
  let opened: LocalEngine | null = null;
  return {
    /** How the run was seen last: in the end, when it had ended. */
    seen: () => last,
    engine: () => opened as LocalEngine,
    async open(options: EngineOptions): Promise<LocalEngine> {
      const engine = await openLocalEngine(options);
      const { agent, workspace } = engine.stages;
      const look = async (run: Run) => {
        last = await agent.look(run);
        return last;
      };
      const prepare = async (task: Task, run: Run) => {
        await bringRescued(options, order, task);
        return await workspace.prepare(task, run);
      };
      const stages = { ...engine.stages, agent: { ...agent, look }, workspace: { ...workspace, prepare } };
      opened = { ...engine, stages };
      return opened;
    },
  };
}

/** What the run before left on no branch, as the checkpoint that its successor takes over: with all that it had not committed. */
async function bringRescued(
  { store, paths, forge, clock }: EngineOptions,
  order: Order,
  task: Task,
): Promise<void> {
  const before = order.earlier.at(-1);
  if (!before?.rescued || store.checkpoints.last(task.id) !== null) return;
  const repositories = openRepositories(openStores(paths.home), forge);
  const git = await repositories.store(task);
  const fetched = fetchRef(git, repositories.remote(task, 'read'), before.rescued);
  const sha = await fetched.catch(forge.notFetched);
  if (sha === null) return;
  const made = { session: null, why: 'kept on GitHub', leftOut: [], pull: null, at: clock.now() };
  store.checkpoints.add({ task: task.id, run: before.number, sha, ...made });
}
