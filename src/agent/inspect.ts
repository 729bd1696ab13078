import { existsSync, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import type { Profile } from '../config/profiles/agents.ts';
import { OrchError } from '../shared/errors.ts';
import { isExecutable, tryGroup } from '../shared/program.ts';
import { agentEnvironment } from './environment.ts';
import { environmentOf } from './profile-launch.ts';

/** What can be known of an agent before it is started. */
export interface Inspection {
  agent: string;
  /** Where its program lies; null when it is not there, or when only a worktree can tell. */
  program: string | null;
  version: string | null;
  /** Whether that version is one of those tried, one that is thought to work, or neither. */
  range: 'tried' | 'untried' | 'too old' | 'too new' | 'unknown';
  /** The newest version that is known to work. */
  lastGood: string | null;
  /** What signs it in, by the name of a variable or file, never by its content; null when nothing was found. */
  login: string | null;
  /** What keeps it from working, and what to run. */
  problem: { says: string; remedy: string; kind: 'missing' | 'not ready' } | null;
}

export interface Host {
  /** All that the agent would see of it. */
  environment: Record<string, string>;
  /** Whether it would run as root, and without a sandbox. */
  isBareRoot: boolean;
}

/** The host as an agent would find it, without any run. `isSandboxed`: as far as the settings say. */
export function hostOf(profile: Profile, daemon: NodeJS.ProcessEnv, isSandboxed: boolean): Host {
  const isRoot = process.getuid?.() === 0;
  const own = environmentOf(profile, { directory: '/', daemon, asRoot: isRoot && isSandboxed });
  const environment = agentEnvironment(daemon, own, { bin: '/usr/bin' });
  return { environment, isBareRoot: isRoot && !isSandboxed };
}

/** The slowest of the known CLIs takes 6 s on a busy machine. */
const VERSION_MS = 20_000;

/** Looks whether an agent can work: program, version, login, root. Its program is asked for its version alone. */
export async function inspectAgent(profile: Profile, host: Host): Promise<Inspection> {
  const [name = ''] = profile.command;
  const program = which(name, host.environment.PATH ?? '');
  const isSomewhere = program !== null || (name.includes('/') && !isAbsolute(name));
  const version = program === null ? null : await versionOf(profile, program, host.environment);
  const range = rangeOf(profile, version);
  const login = loginOf(profile, host);
  const lastGood = profile.version.tried.at(-1) ?? null;
  const found = { agent: profile.name, program, version, range, lastGood, login };
  return { ...found, problem: isSomewhere ? unready(profile, found, host) : missing(profile, name) };
}

/** Throws what is known to keep an agent from working. Errors: E_MISSING_PROGRAM, E_AGENT_NOT_READY. */
export async function requireReady(profile: Profile, host: Host): Promise<void> {
  const { problem } = await inspectAgent(profile, host);
  if (problem === null) return;
  const code = problem.kind === 'missing' ? 'E_MISSING_PROGRAM' : 'E_AGENT_NOT_READY';
  throw new OrchError(code, problem.says, { remedy: problem.remedy });
}

function missing({ name, install }: Profile, program: string): Inspection['problem'] {
  const remedy = install ? `Install it: \`${install}\`` : `Install it, or mend \`agents.${name}.command\`.`;
  return { says: `${program} is not installed, or not on PATH`, remedy, kind: 'missing' };
}

function unready(
  profile: Profile,
  { version, range, login }: Pick<Inspection, 'version' | 'range' | 'login'>,
  host: Host,
): Inspection['problem'] {
  const kind = 'not ready';
  if (range === 'too old') {
    const says = `${profile.name} ${version} is too old: ${profile.version.from} is needed`;
    return { says, remedy: `Install a newer one${profile.install ? `: \`${profile.install}\`` : '.'}`, kind };
  }
  const [lacking] = Object.entries(profile.asRoot).filter(([name]) => !(name in host.environment));
  if (host.isBareRoot && lacking) {
    const says = `${profile.name} refuses to run as root without a sandbox`;
    const set = `agents: { ${profile.name}: { environment: { ${lacking[0]}: "${lacking[1]}" } } }`;
    return {
      says,
      remedy: `Run Orch as another user or with a sandbox, or set \`${set}\` in orch.yaml.`,
      kind,
    };
  }
  const { variables, command } = profile.login;
  if (login === null && command !== null) {
    const set = variables.map(name => `set \`${name}\` in the environment of the daemon, or `)[0] ?? '';
    return { says: `${profile.name} is not signed in`, remedy: `Sign in: ${set}run \`${command}\``, kind };
  }
  return null;
}

function loginOf({ login }: Profile, { environment }: Host): string | null {
  return (
    login.variables.find(name => environment[name]) ?? login.files.find(file => existsSync(file)) ?? null
  );
}

const versions = new Map<string, string | null>();

/** Asked once of each program, and again when it has changed. */
async function versionOf(
  { version: { command } }: Profile,
  program: string,
  environment: Record<string, string>,
): Promise<string | null> {
  if (command === null) return null;
  const { mtimeMs, ino } = statSync(program);
  const key = JSON.stringify([program, mtimeMs, ino, command]);
  const known = versions.get(key);
  if (known !== undefined) return known;
  const version = await askVersion(command, environment);
  versions.set(key, version);
  return version;
}

async function askVersion(
  [file = '', ...args]: readonly string[],
  env: Record<string, string>,
): Promise<string | null> {
  try {
    // Where no settings of a repository lie.
    const options = { cwd: '/', env, timeout: VERSION_MS, mostOutput: 100_000 };
    const { stdout, exitCode } = await tryGroup(file, args, options);
    return exitCode === 0 ? (/(?<![\d.])\d+\.\d+(\.\d+)*/.exec(stdout)?.[0] ?? null) : null;
  } catch (error) {
    if (error instanceof OrchError) return null;
    throw error;
  }
}

/** What a profile says of a version, without looking whether it is there. */
export function rangeOf(
  { version: { tried, from, below } }: Profile,
  version: string | null,
): Inspection['range'] {
  if (version === null) return 'unknown';
  if (tried.includes(version)) return 'tried';
  if (from !== null && isBelow(version, from)) return 'too old';
  if (below !== null && !isBelow(version, below)) return 'too new';
  return 'untried';
}

function isBelow(version: string, other: string): boolean {
  const [left, right] = [version, other].map(text => text.split('.').map(Number)) as [number[], number[]];
  const at = [0, 1, 2, 3].find(index => (left[index] ?? 0) !== (right[index] ?? 0));
  return at !== undefined && (left[at] ?? 0) < (right[at] ?? 0);
}

function which(program: string, path: string): string | null {
  if (isAbsolute(program)) return isExecutable(program) ? program : null;
  const folders = program === '' || program.includes('/') ? [] : path.split(delimiter).filter(isAbsolute);
  return folders.map(folder => join(folder, program)).find(isExecutable) ?? null;
}
