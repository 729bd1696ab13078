import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { execa } from 'execa';
import { builtIn } from '../../src/config/profiles/agents.ts';
import type { Cli } from '../models/script.ts';

/** On npm. */
const PACKAGES: Record<Cli, string> = {
  claude: '@anthropic-ai/claude-code',
  codex: '@openai/codex',
  gemini: '@google/gemini-cli',
  opencode: 'opencode-ai',
};

export interface Install {
  cli: Cli;
  version: string;
  /** Has the program, and belongs on PATH. */
  bin: string;
}

/** Where the version is, when it is installed, that was tried last. */
export function placeOf(cli: Cli, env: NodeJS.ProcessEnv): Install {
  return placeIn(cacheFolder(env), cli, lastTried(cli));
}

export function placeIn(folder: string, cli: Cli, version: string): Install {
  return { cli, version, bin: join(folder, `${cli}-${version}`, 'node_modules', '.bin') };
}

/** The newest version that is known to work, as the built-in profile says. */
function lastTried(cli: Cli): string {
  const version = builtIn(cli)?.version.tried.at(-1);
  if (version === undefined) throw new Error(`The profile of ${cli} names no version that was tried.`);
  return version;
}

/** The folder that ORCH_AGENTS_CACHE names, else one in the user's own cache. */
function cacheFolder(env: NodeJS.ProcessEnv): string {
  const caches = env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  return env.ORCH_AGENTS_CACHE ?? join(caches, 'orch', 'agents');
}

/** A folder beside the CLIs, removed with all it holds at the end of the scope. Its name begins with `prefix`. */
export async function scratchFolder(prefix: string): Promise<AsyncDisposable & { path: string }> {
  const cache = cacheFolder(process.env);
  await mkdir(cache, { recursive: true });
  const path = await mkdtemp(join(cache, prefix));
  return {
    path,
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }),
  };
}

export function isInstalled({ cli, bin }: Install): boolean {
  return existsSync(join(bin, cli));
}

/** Installs it unless it is there, and says so. */
export async function installOnce(place: Install, tell: (text: string) => void): Promise<void> {
  const name = `${place.cli} ${place.version}`;
  if (isInstalled(place)) return;
  tell(`${name}: installing`);
  const began = performance.now();
  await install(place);
  tell(`${name} installed in ${((performance.now() - began) / 1000).toFixed(0)} s`);
}

/**
 * Fetches it from the npm registry into its place. It comes whole or not at all: made beside its place, started once, and
 * renamed. Throws when npm fails or the program does not start; what it said is on standard error.
 */
async function install({ cli, version, bin }: Install): Promise<void> {
  const target = dirname(dirname(bin));
  await mkdir(dirname(target), { recursive: true });
  const beside = await mkdtemp(`${target}.`);
  try {
    const name = PACKAGES[cli];
    await writeFile(join(beside, 'package.json'), JSON.stringify({ dependencies: { [name]: version } }));
    // Install scripts run for the CLI alone, which links its program by one; not for what it depends on.
    await npm(beside, ['install', '--ignore-scripts']);
    await npm(beside, ['rebuild', name, '--ignore-scripts=false']);
    await started(cli, join(beside, 'node_modules', '.bin'), beside);
    await rename(beside, target);
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
}

/** What the npm registry has as its latest version. */
export async function newestOf(cli: Cli): Promise<string> {
  const { stdout } = await execa('npm', ['view', PACKAGES[cli], 'version'], { env: withOwnNode() });
  return stdout.trim();
}

async function npm(cwd: string, args: readonly string[]): Promise<void> {
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  await execa('npm', [...args, ...quiet], { cwd, env: withOwnNode(), stdio: ['ignore', 2, 2] });
}

async function started(cli: Cli, bin: string, home: string): Promise<void> {
  await execa(join(bin, cli), ['--version'], { env: { ...withOwnNode(), HOME: home }, stdin: 'ignore' });
}

/** Claude and others choose an older version of themselves under an older Node. */
function withOwnNode(): Record<string, string> {
  return { PATH: [dirname(process.execPath), process.env.PATH].join(delimiter) };
}
