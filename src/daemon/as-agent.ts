import type { Paths } from '../config/paths.ts';
import { tryGroup } from '../shared/program.ts';
import type { Run, Task } from '../task/glossary.ts';
import type { AsAgent } from '../workspace/rescue.ts';
import { locateWorkspace } from '../workspace/workspace.ts';
import type { Confine } from './confine.ts';

/** The way to run programs in a run's worktree as its agent does, offline, each for so long at most (ms). */
export async function asAgentOf(
  { paths, confine }: { paths: Paths; confine: Confine },
  task: Task,
  run: Run,
  timeout: number,
): Promise<AsAgent> {
  const { tree } = locateWorkspace(paths.workspaces, run.workspace);
  const { prefix, environment: env } = await confine(task, run, { offline: true });
  return (program, args) => {
    const [file = '', ...words] = [...prefix, program, ...args];
    return tryGroup(file, words, { cwd: tree, env, timeout });
  };
}
