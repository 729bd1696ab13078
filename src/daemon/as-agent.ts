import type { Paths } from '../config/paths.ts';
import { tryGroup } from '../shared/program.ts';
import type { Run, Task } from '../task/glossary.ts';
import type { AsAgent } from '../workspace/rescue.ts';
import { locateWorkspace } from '../workspace/workspace.ts';
import type { Confine } from './confine.ts';

/** A run's worktree, and how programs are run there as its agent does, offline. */
export interface Enclosed {
  tree: string;
  env: Record<string, string>;
  /** The words that start a program there. */
  words(program: string, args: readonly string[]): [file: string, args: string[]];
}

export async function enclosedIn(
  { paths, confine }: { paths: Paths; confine: Confine },
  task: Task,
  run: Run,
): Promise<Enclosed> {
  const { tree } = locateWorkspace(paths.workspaces, run.workspace);
  const { prefix, environment: env } = await confine(task, run, { offline: true });
  const words: Enclosed['words'] = (program, args) => {
    const [file = '', ...rest] = [...prefix, program, ...args];
    return [file, rest];
  };
  return { tree, env, words };
}

/** The way to run programs in a run's worktree as its agent does, offline, each for so long at most (ms). */
export async function asAgentOf(
  options: { paths: Paths; confine: Confine },
  task: Task,
  run: Run,
  timeout: number,
): Promise<AsAgent> {
  return asAgentIn(await enclosedIn(options, task, run), timeout);
}

export function asAgentIn({ tree, env, words }: Enclosed, timeout: number): AsAgent {
  return (program, args) => tryGroup(...words(program, args), { cwd: tree, env, timeout });
}
