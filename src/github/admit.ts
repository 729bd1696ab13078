import { matchesGlob } from 'node:path';
import type { RepositorySettings } from '../config/repository.ts';
import type { Settings } from '../config/settings.ts';
import { mayCommand } from './access.ts';
import { githubMessage, isRefusal, type Octokit } from './client.ts';
import type { AppContext } from './context.ts';
import type { Door } from './payloads.ts';
import { readRepositorySettings } from './repository-settings.ts';

export type Admission =
  | { kind: 'admitted'; repository: RepositorySettings }
  | { kind: 'refused'; repository: RepositorySettings; text: string }
  | { kind: 'ignored' };

/**
 * Whether the sender of a delivery may command here, asked of GitHub at this moment. If GitHub's answer is not a yes,
 * it is a no. Repositories that the server doesn't allow, bots, and Orch itself are a log line.
 */
export async function admit(context: AppContext, door: Door): Promise<Admission> {
  const { settings, log, github } = context;
  const { repository, sender } = door;
  const isBot = sender.type === 'Bot';
  if (!isAllowed(settings, repository.full_name)) {
    log.info({ repository: repository.full_name }, 'repository is not among github.allow_repositories');
    return { kind: 'ignored' };
  }
  if (isBot && !settings.policies.bots.includes(sender.id)) {
    log.info({ bot: sender.id, login: sender.login }, 'bot is not among policies.bots');
    return { kind: 'ignored' };
  }
  if (await isSelf(context, door)) {
    log.info({ login: sender.login }, 'Orch does not command itself');
    return { kind: 'ignored' };
  }
  const octokit = await github.octokit(door.installation.id, door.repository.id);
  const own = await readRepositorySettings(context, octokit, door);
  if (isBot || (await isGranted(context, octokit, door, own))) return { kind: 'admitted', repository: own };
  return { kind: 'refused', repository: own, text: refusal(sender.login, own.permissions.minimum) };
}

/** Whether the server's settings let Orch work in this repository. */
export function isAllowed(settings: Settings, repository: string): boolean {
  const globs = settings.github.allowRepositories;
  return globs.some(glob => matchesGlob(repository.toLowerCase(), glob.toLowerCase()));
}

/** Whoever names the App's own bot in the settings would have it obey what it quotes. */
async function isSelf(
  { github }: AppContext,
  { installation, repository, sender, comment }: Door,
): Promise<boolean> {
  const app = comment?.performed_via_github_app?.id;
  if (sender.type !== 'Bot' && app === undefined) return false;
  const self = await github.identity(installation.id, repository.id);
  return sender.id === self.userId || sender.login === self.login || app === self.appId;
}

async function isGranted(
  { log }: AppContext,
  octokit: Octokit,
  { repository, sender }: Door,
  { permissions }: RepositorySettings,
): Promise<boolean> {
  try {
    return await mayCommand(octokit, repository.full_name, sender, permissions);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    log.warn(
      { sender: sender.login, why: githubMessage(error) },
      'GitHub does not say what the sender may do, so the answer is no',
    );
    return false;
  }
}

function refusal(login: string, minimum: string): string {
  return `Sorry, \`${login}\`: commands are taken from people with ${minimum} access to this repository. Somebody who has it can give the command.`;
}
