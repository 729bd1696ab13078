import { excessOfSockets } from '../config/paths.ts';
import { loadSettings, type Settings } from '../config/settings.ts';
import { currentBranch, findRepository, type LocalRepository } from '../local/repository.ts';
import { OrchError } from '../shared/errors.ts';
import { isOnPath } from '../shared/program.ts';

export interface StartOptions {
  config?: string;
  /** `claude:2,codex:2`. */
  agents?: string;
  foreground?: boolean;
  logLevel?: string;
  json?: boolean;
}

export interface DeskPlan {
  repository: LocalRepository;
  settings: Settings;
  warnings: string[];
}

/** Where and with what the daemon of this repository runs; makes sure that it can. Nothing is changed. */
export async function prepareDesk({ config, agents, logLevel }: StartOptions): Promise<DeskPlan> {
  const { env } = process;
  const repository = await findRepository(process.cwd());
  await currentBranch(repository);
  const { settings, warnings } = loadSettings({
    env,
    desk: { folder: repository.top, agents: agents === undefined ? null : readAgents(agents) },
    ...(logLevel === undefined ? {} : { flags: { logLevel } }),
    ...(config === undefined ? {} : { file: config }),
  });
  if (settings.profiles.length === 0) {
    const remedy =
      'Install one (claude, codex, gemini, opencode), or describe another under `agents` in orch.yaml.';
    throw new OrchError('E_NO_AGENT', 'No agent is on PATH, and orch.yaml names none', { remedy });
  }
  if (!isOnPath('tmux', env.PATH ?? '')) {
    const remedy = 'Install tmux 3.0 or newer: apt-get install tmux, or brew install tmux';
    throw new OrchError('E_MISSING_PROGRAM', 'tmux is not on PATH, and agents work in it', { remedy });
  }
  requireShortPaths(settings.orchestrator.home);
  return { repository, settings, warnings };
}

function requireShortPaths(home: string): void {
  const over = excessOfSockets(home, 'T99999.99');
  if (over === 0) return;
  const remedy =
    'Set ORCH_HOME to a folder with a shorter path, such as ~/.orch-here, for all commands here.';
  throw new OrchError('E_PATH_TOO_LONG', `${home} is ${over} characters too long for sockets below it`, {
    remedy,
  });
}

function readAgents(text: string): Record<string, number> {
  const entries = text.split(',').map(each => {
    const [, name, count = '1'] = /^\s*([\w-]+)(?::(\d{1,4}))?\s*$/.exec(each) ?? [];
    if (name !== undefined && Number(count) > 0) return [name, Number(count)] as const;
    const remedy = 'Say it like this: --agents claude:2,codex:2';
    throw new OrchError('E_USAGE', `--agents does not take \`${each}\``, { remedy });
  });
  return Object.fromEntries(entries);
}
