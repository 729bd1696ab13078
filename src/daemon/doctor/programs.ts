import { isAbsolute } from 'node:path';
import type { Profile } from '../../config/settings.ts';
import { isExecutable, isOnPath, tryProgram } from '../../shared/program.ts';
import { type Finding, note, ok, problem } from './finding.ts';

/** Programs that Orch itself runs, and the oldest version that it works with. */
const NEEDED = [
  { name: 'tmux', flag: '-V', least: [3, 0] },
  { name: 'git', flag: '--version', least: [2, 39] },
] as const;

export function checkNode(): Finding {
  // bin/orch.js lets no older one come this far.
  return ok('node', process.version);
}

export async function checkPrograms(path: string): Promise<Finding[]> {
  return await Promise.all(NEEDED.map(needed => checkProgram(needed, path)));
}

async function checkProgram({ name, flag, least }: (typeof NEEDED)[number], path: string): Promise<Finding> {
  const install = `Install ${name} ${least.join('.')} or newer: apt-get install ${name}, or brew install ${name}`;
  if (!isOnPath(name, path)) return problem(name, 'not installed, or not on PATH', install);
  const { stdout } = await tryProgram(name, [flag], { env: { PATH: path }, extendEnv: false });
  const version = /\d+\.\d+[\w.]*/.exec(stdout)?.[0] ?? 'of an unknown version';
  const [major = 0, minor = 0] = version.split('.').map(part => Number.parseInt(part, 10));
  const isRecent = major > least[0] || (major === least[0] && minor >= least[1]);
  return isRecent ? ok(name, version) : problem(name, `${version} is too old`, install);
}

/** Whether each agent's program can be run; what a workspace's setup makes is not here yet. */
export function checkAgents(profiles: readonly Profile[], path: string): Finding[] {
  if (profiles.length === 0) {
    return [
      problem(
        'agents',
        'none is set up, so no task can run',
        'Give one a `command` under `agents` in orch.yaml.',
      ),
    ];
  }
  return profiles.map(({ name, command: [program = ''], environment }) => {
    const check = `agent ${name}`;
    if (!isAbsolute(program) && program.includes('/'))
      return note(check, `${program} is looked for in each worktree`);
    const isThere = isAbsolute(program) ? isExecutable(program) : isOnPath(program, environment.PATH ?? path);
    return isThere
      ? ok(check, program)
      : problem(
          check,
          `${program} is not installed, or not on PATH`,
          `Install it, or mend agents.${name}.command.`,
        );
  });
}
