import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Contexts, fill, fillAll } from '../workflows/expression.ts';
import type { StepDefinition } from '../workflows/workflow-file.ts';
import { type Action, fetchAction, inputEnvironment } from './action.ts';
import type { Ground } from './ground.ts';

/** A step of the job, or what its action does after the last one. */
export interface Stage {
  id: string | null;
  name: string;
  if: string;
  /** What it adds to the environment, and what it starts, once its turn has come. */
  env(contexts: Contexts): Record<string, string>;
  program(contexts: Contexts): [file: string, ...args: string[]];
  /** What the step has kept for what comes afterwards. */
  state: Map<string, string>;
  /** What comes afterwards, if anything does. */
  post: Action['post'];
  isScript: boolean;
}

/** Throws, in the runner's words, when the step's action is not there. */
export function stageOf(step: StepDefinition, ground: Ground): Stage {
  const { run, uses = '', id = null } = step;
  const name = step.name ?? `Run ${run?.split('\n', 1)[0] ?? uses}`;
  const common = { id, name, if: step.if ?? '', state: new Map<string, string>() };
  const ownEnv = (contexts: Contexts) => fillAll(step.env, contexts);
  if (run !== undefined)
    return { ...common, env: ownEnv, program: script(run, ground), post: null, isScript: true };
  const action = fetchAction(uses, ground.host.actions, ground.folders.actions);
  return {
    ...common,
    env: contexts => {
      const inputs = inputEnvironment(fillAll(action.inputs, contexts), fillAll(step.with, contexts));
      return { ...ownEnv(contexts), ...inputs };
    },
    program: () => [process.execPath, action.main],
    post: action.post,
    isScript: false,
  };
}

/** What an action does after the last step, with the state that its step has kept; null when it does nothing. */
export function afterwards(stage: Stage): Stage | null {
  const { post } = stage;
  if (!post) return null;
  const program: Stage['program'] = () => [process.execPath, post.file];
  return { ...stage, id: null, name: `Post ${stage.name}`, if: post.if, program, post: null };
}

function script(run: string, { folders }: Ground): Stage['program'] {
  return contexts => {
    const file = join(folders.temporary, `${randomUUID()}.sh`);
    writeFileSync(file, fill(run, contexts));
    return ['bash', '-e', file];
  };
}
