import type { Paths } from '../config/paths.ts';
import { OrchError } from '../shared/errors.ts';
import { shorten, stripControl } from '../shared/text.ts';
import type { Run, Task } from '../task/glossary.ts';
import { asAgentOf } from './as-agent.ts';
import type { BrokerStage } from './broker-stage.ts';
import type { Confine } from './confine.ts';

/** Has a run's worktree sent to the broker, which must be open, as a checkpoint. Errors: E_CHECKPOINT with the reason. */
export type Snapshot = (task: Task, run: Run, why: string) => Promise<void>;

/** What its agent does to the workspace can make it slow; nobody shall wait for that. */
const PATIENCE_MS = 60_000;

export function snapshots(options: { paths: Paths; confine: Confine; broker: BrokerStage }): Snapshot {
  return async (task, run, why) => {
    const asAgent = await asAgentOf(options, task, run, PATIENCE_MS);
    options.broker.checkpointing(run, why);
    try {
      const { exitCode, stderr } = await asAgent('orch', ['checkpoint']);
      if (exitCode !== 0) throw new OrchError('E_CHECKPOINT', shorten(stripControl(stderr).trim(), 500));
    } finally {
      options.broker.checkpointing(run, null);
    }
  };
}
