import type { Paths } from '../config/paths.ts';
import { OrchError } from '../shared/errors.ts';
import { shorten, stripControl } from '../shared/text.ts';
import type { Checkpoint } from '../store/checkpoints.ts';
import type { Store } from '../store/open.ts';
import { type Run, runName, type Task, taskName } from '../task/glossary.ts';
import { asAgentOf } from './as-agent.ts';
import type { BrokerStage } from './broker-stage.ts';
import { BY_HAND } from './checkpoints.ts';
import type { Confine } from './confine.ts';

/** Has a run's worktree sent to the broker, which must be open, as a checkpoint. Errors: E_CHECKPOINT with the reason. */
export type Snapshot = (task: Task, run: Run, why: string) => Promise<void>;

/** What its agent does to the workspace can make it slow; nobody shall wait for that. */
const PATIENCE_MS = 60_000;

/** A checkpoint of a live run for a person. Errors: E_TASK_STATE, E_CHECKPOINT. */
export function checkpointByHand({ store, snapshot }: { store: Store; snapshot: Snapshot }) {
  return async (task: Task): Promise<Checkpoint> => {
    const run = store.runs.liveOf(task.id);
    if (!run || run.spawnedAt === null || run.epoch !== task.epoch) {
      const what = `${taskName(task.id)} is ${task.state}: a checkpoint is made of an agent at work`;
      throw new OrchError('E_TASK_STATE', what);
    }
    await snapshot(task, run, BY_HAND);
    return store.checkpoints.last(task.id) as Checkpoint;
  };
}

export function snapshots(options: { paths: Paths; confine: Confine; broker: BrokerStage }): Snapshot {
  const underWay = new Map<string, Promise<void>>();

  async function make(task: Task, run: Run, why: string): Promise<void> {
    const asAgent = await asAgentOf(options, task, run, PATIENCE_MS);
    options.broker.checkpointing(run, why);
    try {
      const { exitCode, stderr } = await asAgent('orch', ['checkpoint']);
      if (exitCode !== 0) throw new OrchError('E_CHECKPOINT', shorten(stripControl(stderr).trim(), 500));
    } finally {
      options.broker.checkpointing(run, null);
    }
  }

  return (task, run, why) => {
    const name = runName(run.task, run.number);
    // One after the other: what each is for is known to the broker by the run.
    const made = (underWay.get(name) ?? Promise.resolve()).then(() => make(task, run, why));
    const over = made.catch(() => {}).then(() => void (underWay.get(name) === over && underWay.delete(name)));
    underWay.set(name, over);
    return made;
  };
}
