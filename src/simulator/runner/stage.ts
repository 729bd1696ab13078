import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Step } from '../workflows/job.ts';
import { type Action, fetchAction, inputEnvironment } from './action.ts';
import type { Ground } from './ground.ts';

/** A step of the job, or what its action does after the last one. */
export interface Stage {
  name: string;
  if: string;
  env: Readonly<Record<string, string>>;
  program: [file: string, ...args: string[]];
  /** What the step has kept for what comes afterwards. */
  state: Map<string, string>;
  /** Null for a script and for what comes afterwards. */
  action: Action | null;
  isScript: boolean;
}

/** Throws, in the runner's words, when the step's action is not there. */
export function stageOf(step: Step, ground: Ground): Stage {
  const common = { name: step.name, if: step.if, state: new Map<string, string>() };
  if ('run' in step) {
    const script = join(ground.folders.temporary, `${randomUUID()}.sh`);
    writeFileSync(script, step.run);
    return { ...common, env: step.env, program: ['bash', '-e', script], action: null, isScript: true };
  }
  const action = fetchAction(step.uses, ground.host.actions, ground.folders.actions);
  const inputs = inputEnvironment(action, step.with, text => evaluate(text, ground));
  const program: Stage['program'] = [process.execPath, action.main];
  return { ...common, env: { ...step.env, ...inputs }, program, action, isScript: false };
}

/** What an action does after the last step, with the state that its step has kept; null when it does nothing. */
export function afterwards(stage: Stage): Stage | null {
  const post = stage.action?.post;
  if (!post) return null;
  const program: Stage['program'] = [process.execPath, post.file];
  return { ...stage, name: `Post ${stage.name}`, if: post.if, program, action: null };
}

/** Defaults of inputs may name what is known of the job, such as `${{ github.token }}`. */
function evaluate(text: string, { job, context }: Ground): string {
  return text.replace(/\$\{\{\s*github\.(\w+)\s*\}\}/g, (_, name: string) =>
    name === 'token' ? job.token : (context[`GITHUB_${name.toUpperCase()}`] ?? ''),
  );
}
