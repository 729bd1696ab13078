import { hostOf, type Inspection, inspectAgent } from '../../agent/inspect.ts';
import type { Settings } from '../../config/settings.ts';
import { isOnPath, tryProgram } from '../../shared/program.ts';
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

/** Whether each agent can work: program, version, login. What a workspace's setup makes is not here yet. */
export async function checkAgents(
  { profiles, sandbox }: Pick<Settings, 'profiles' | 'sandbox'>,
  env: NodeJS.ProcessEnv,
): Promise<Finding[]> {
  const isSandboxed = sandbox.kind !== 'none';
  if (profiles.length === 0) {
    return [
      problem(
        'agents',
        'none is set up, so no task can run',
        'Name one under `agents` in orch.yaml, such as: agents: { claude: {} }',
      ),
    ];
  }
  return await Promise.all(
    profiles.map(async profile => {
      const found = await inspectAgent(profile, hostOf(profile, env, isSandboxed));
      const check = `agent ${profile.name}`;
      if (found.problem !== null) return problem(check, found.problem.says, found.problem.remedy);
      return found.program === null
        ? note(check, `${profile.command[0]} is looked for in each worktree`)
        : ok(check, describeAgent(found));
    }),
  );
}

/** `/usr/bin/claude 2.1.400, not tried with Orch yet; signed in by ANTHROPIC_API_KEY`. */
function describeAgent({ program, version, range, lastGood, login }: Inspection): string {
  const tried = {
    tried: '',
    untried: ', not tried yet',
    'too new': `, newer than what was tried${lastGood === null ? '' : `: ${lastGood} is known to work`}`,
    'too old': '',
    unknown: '',
  };
  const which = [program, ...(version === null ? [] : [`${version}${tried[range]}`])].join(' ');
  return login === null ? which : `${which}; signed in by ${login}`;
}
