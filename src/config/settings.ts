import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { OrchError } from '../shared/errors.ts';
import { type CamelKeys, camelKeys } from './camel.ts';
import type { Prices } from './prices.ts';
import { builtIn, type Profile, toProfiles } from './profiles/agents.ts';
import { BUILT_IN_NAMES, foundAgents } from './profiles/found.ts';
import { LOG_LEVELS, serverSettings } from './schema.ts';
import { readYaml } from './yaml.ts';

export type { Profile };

type Raw = z.output<typeof serverSettings>;

/** The server's settings: complete, checked, paths absolute. docs/settings.md tells what each is for. */
export type Settings = Omit<
  CamelKeys<Raw>,
  'agents' | 'prices' | 'taskQueue' | 'context' | 'orchestrator' | 'sandbox'
> & {
  sandbox: Omit<CamelKeys<Raw['sandbox']>, 'kind'> & { kind: NonNullable<Raw['sandbox']['kind']> };
  profiles: Profile[];
  prices: Prices;
  orchestrator: Omit<CamelKeys<Raw['orchestrator']>, 'contextDir' | 'home'> & { home: string };
  /** The directory as it was set: what it is relative to is for the desk or the App to say. */
  context: CamelKeys<Raw['context']> & { directory: string };
  taskQueue: Omit<CamelKeys<Raw['task_queue']>, 'timeoutMinutes'> & { defaultTimeoutMinutes: number };
};

/** What stands above the file: the environment's values, and above them what the command line says. */
const overrides = z.object({
  home: z.string().optional(),
  host: z.string().optional(),
  port: z.coerce.number().int().min(0).max(65_535).optional(),
  logLevel: z.enum(LOG_LEVELS).optional(),
});

export interface Sources {
  env: Record<string, string | undefined>;
  /** The path that was given with --config. */
  file?: string;
  /** The settings themselves, instead of a file. */
  text?: string;
  flags?: { home?: string; host?: string; port?: string | number; logLevel?: string };
  /** For a desk: the folder of its repository, and the agents that are to work, each with its number of instances. */
  desk?: { folder: string; agents: Readonly<Record<string, number>> | null };
  /** Where the file names no agent, those that are on PATH work, as at a desk. */
  isAlone?: boolean;
}

/**
 * The settings of this server, and what in them does nothing yet. The file is the one named by `file`, else by
 * ORCH_CONFIG, else ./orch.yaml (at a desk the repository's), else orch.yaml in the home folder, else there is none. Errors: E_SETTINGS.
 */
export function loadSettings(sources: Sources): { settings: Settings; warnings: string[] } {
  const over = readOverrides(sources);
  const userHome = sources.env.HOME || homedir();
  const file = sources.text === undefined ? findFile(sources, over.home, userHome) : null;
  const { desk } = sources;
  const content = file === null ? (sources.text ?? '') : readSettingsFile(file);
  const read = readYaml(content, serverSettings);
  if (!read.ok) {
    const list = read.problems.map(({ line, message }) => `line ${line}: ${message}`);
    throw new OrchError('E_SETTINGS', `${file ?? 'The settings'}: ${list.join('; ')}`);
  }
  const { profiles, warnings } = toProfiles(deskAgents(read.value.agents, sources));
  const path = (text: string) => resolve(expandTilde(text, userHome));
  const expanded = profiles.map(profile => ({
    ...profile,
    expose: { read: profile.expose.read.map(path), write: profile.expose.write.map(path) },
    login: { ...profile.login, files: profile.login.files.map(path) },
  }));
  const { agents: _, ...raw } = camelKeys<Raw>(read.value);
  const { timeoutMinutes, defaultTimeoutMinutes = timeoutMinutes ?? 30, ...taskQueue } = raw.taskQueue;
  const { contextDir = './context', ...orchestrator } = raw.orchestrator;
  const settings: Settings = {
    ...raw,
    profiles: expanded,
    prices: read.value.prices,
    taskQueue: {
      ...taskQueue,
      directory: taskQueue.directory && expandTilde(taskQueue.directory, userHome),
      defaultTimeoutMinutes,
    },
    orchestrator: {
      ...orchestrator,
      home: path(over.home ?? orchestrator.home ?? (desk ? `${desk.folder}/.orch` : '~/.orch')),
      logLevel: over.logLevel ?? orchestrator.logLevel,
    },
    context: { ...raw.context, directory: expandTilde(raw.context.directory ?? contextDir, userHome) },
    sandbox: {
      ...raw.sandbox,
      kind: raw.sandbox.kind ?? (desk ? 'none' : 'auto'),
      allowUnsandboxed: raw.sandbox.allowUnsandboxed || desk !== undefined,
    },
    server: { host: over.host ?? raw.server.host, port: over.port ?? raw.server.port },
    backups: { ...raw.backups, directory: raw.backups.directory && path(raw.backups.directory) },
    api: { ...raw.api, tokensFile: path(raw.api.tokensFile) },
  };
  return { settings, warnings: [...read.warnings, ...warnings] };
}

/** At a desk without agents in its file, those work that are on PATH; and where some are named, these alone. */
function deskAgents(agents: Raw['agents'], { desk, isAlone, env }: Sources): Raw['agents'] {
  if (!desk && !isAlone) return agents;
  const named = desk?.agents ?? null;
  if (named === null && Object.keys(agents).length > 0) return agents;
  const wanted = named ?? Object.fromEntries(foundAgents(env.PATH ?? '').map(name => [name, null]));
  const working = Object.entries(wanted).map(([name, instances]) => {
    if (!Object.hasOwn(agents, name) && builtIn(name) === null) {
      const known = [...new Set([...Object.keys(agents), ...BUILT_IN_NAMES])];
      throw new OrchError('E_UNKNOWN_AGENT', `There is no agent \`${name}\``, {
        remedy: `Name one of ${known.join(', ')}, or describe it under \`agents\` in orch.yaml.`,
      });
    }
    return [name, { ...agents[name], ...(instances === null ? {} : { max_instances: instances }) }];
  });
  return Object.fromEntries(working) as Raw['agents'];
}

function readOverrides({ env, flags = {} }: Sources): z.output<typeof overrides> {
  const fromEnv = {
    home: env.ORCH_HOME,
    host: env.HOST,
    port: env.PORT,
    logLevel: env.LOG_LEVEL,
  };
  const fromFlags = Object.entries(flags).filter(([, value]) => value !== undefined);
  // An empty variable is as good as none.
  const set = Object.entries(fromEnv).filter(([, value]) => value !== undefined && value !== '');
  const parsed = overrides.safeParse(Object.fromEntries([...set, ...fromFlags]));
  if (parsed.success) return parsed.data;
  const names: Record<string, string> = {
    home: 'ORCH_HOME',
    host: 'HOST',
    port: 'PORT',
    logLevel: 'LOG_LEVEL',
  };
  const list = parsed.error.issues.map(({ path, message }) => `${names[String(path[0])]}: ${message}`);
  throw new OrchError('E_SETTINGS', list.join('; '), {
    remedy: 'Correct the environment variable or the option of that name.',
  });
}

function findFile(
  { env, file, desk }: Sources,
  orchHome: string | undefined,
  userHome: string,
): string | null {
  const named = file ?? (env.ORCH_CONFIG || undefined);
  if (named !== undefined) return resolve(expandTilde(named, userHome));
  const home = expandTilde(orchHome ?? '~/.orch', userHome);
  const usual = desk ? [resolve(desk.folder, 'orch.yaml')] : ['orch.yaml', resolve(home, 'orch.yaml')];
  return usual.map(path => resolve(path)).find(path => existsSync(path)) ?? null;
}

function readSettingsFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new OrchError('E_SETTINGS', `The settings can't be read: ${(cause as Error).message}`, {
      cause,
      remedy: 'Correct --config or ORCH_CONFIG, or write the file.',
    });
  }
}

function expandTilde(path: string, home: string): string {
  return path === '~' || path.startsWith('~/') ? join(home, path.slice(1)) : path;
}

/** Where agents run as whoever runs Orch, that has to be accepted in so many words. Errors: E_UNSANDBOXED. */
export function requireSandbox({ sandbox }: Pick<Settings, 'sandbox'>): void {
  if (sandbox.kind !== 'none' || sandbox.allowUnsandboxed) return;
  throw new OrchError('E_UNSANDBOXED', 'The settings ask for no sandbox, without accepting what that means');
}
