import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { execa } from 'execa';
import { CLIS, type Cli } from '../models/script.ts';

/** The packages on npm, and the versions with which the recordings were made. */
const PACKAGES: Record<Cli, { name: string; version: string }> = {
  claude: { name: '@anthropic-ai/claude-code', version: '2.1.329' },
  codex: { name: '@openai/codex', version: '0.169.0' },
  gemini: { name: '@google/gemini-cli', version: '0.61.0' },
  opencode: { name: 'opencode-ai', version: '1.18.33' },
};

export interface Install {
  cli: Cli;
  version: string;
  /** Has the program, and belongs on PATH. */
  bin: string;
}

/** Where a version is when it is installed. */
export function placeOf(cli: Cli, env: NodeJS.ProcessEnv): Install {
  const { version } = PACKAGES[cli];
  return { cli, version, bin: join(cacheFolder(env), `${cli}-${version}`, 'node_modules', '.bin') };
}

/** The folder that ORCH_AGENTS_CACHE names, else one in the user's own cache. */
export function cacheFolder(env: NodeJS.ProcessEnv): string {
  const caches = env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  return env.ORCH_AGENTS_CACHE ?? join(caches, 'orch', 'agents');
}

export function isInstalled({ cli, bin }: Install): boolean {
  return existsSync(join(bin, cli));
}

/** Those named, or all. Throws on a name that is none. */
export function chooseClis(names: string | undefined): readonly Cli[] {
  if (names === undefined) return CLIS;
  return names.split(',').map(name => {
    const cli = CLIS.find(each => each === name);
    if (cli) return cli;
    throw new Error(`There is no agent ${name} among: ${CLIS.join(', ')}.`);
  });
}

/**
 * Fetches it from the npm registry into its place. It comes whole or not at all: made beside its place, started once, and
 * renamed. Throws when npm fails or the program does not start; what it said is on standard error.
 */
export async function install({ cli, version, bin }: Install): Promise<void> {
  const target = dirname(dirname(bin));
  await mkdir(dirname(target), { recursive: true });
  const beside = await mkdtemp(`${target}.`);
  try {
    const { name } = PACKAGES[cli];
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
