import type { Annotation } from '../model.ts';
import type { Conclusion } from '../workflows/job.ts';
import { contextsIn, environmentIn, type Ground } from './ground.ts';
import { runProcess } from './process.ts';
import type { Stage } from './stage.ts';
import { makeStepFiles } from './step-files.ts';
import { openStepLog } from './step-log.ts';

/** One step as it was. */
export interface StepRecord {
  name: string;
  conclusion: Conclusion;
  /** Its log, masked. */
  lines: readonly string[];
  annotations: readonly Annotation[];
  outputs: Readonly<Record<string, string>>;
  /** Markdown, for the page of the workflow run. */
  summary: string;
}

/** Runs a step's program until it ends, and takes over what it has written for the runner. */
export async function perform(stage: Stage, ground: Ground, cancelled: AbortSignal): Promise<StepRecord> {
  const { host, folders, masks } = ground;
  const contexts = contextsIn(ground);
  const own = stage.env(contexts);
  const [file, ...args] = stage.program({ ...contexts, env: { ...ground.env, ...own } });
  const log = openStepLog(masks, host.said);
  const files = makeStepFiles(folders.temporary);
  const state = [...stage.state].map(([name, value]) => [`STATE_${name}`, value]);
  const code = await runProcess({
    file,
    args,
    cwd: folders.workspace,
    env: environmentIn(ground, { ...own, ...Object.fromEntries(state), ...files.environment }),
    line: log.line,
    cancelled,
    clock: host.clock,
    patience: host.patience,
  });
  let isWhole = code === 0;
  const written = files.take(words => {
    isWhole = false;
    log.annotate('failure', words);
  });
  Object.assign(ground.env, Object.fromEntries(written.env));
  ground.path.unshift(...written.path.reverse());
  for (const [name, value] of [...log.state, ...written.state]) stage.state.set(name, value);
  if (cancelled.aborted) log.annotate('failure', 'The operation was canceled.');
  else if (code !== 0 && stage.isScript) log.annotate('failure', `Process completed with exit code ${code}.`);
  const conclusion = cancelled.aborted ? 'cancelled' : isWhole && !log.isBroken ? 'success' : 'failure';
  const outputs = Object.fromEntries([...log.outputs, ...written.output]);
  if (stage.id !== null) ground.steps[stage.id] = { outputs, outcome: conclusion, conclusion };
  return {
    name: stage.name,
    conclusion,
    lines: log.lines,
    annotations: log.annotations,
    outputs,
    summary: masks.hide(written.summary),
  };
}
