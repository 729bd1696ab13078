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
  | { kind: 'ignored'; why: string };

/**
 * Whether the sender of a delivery may command here, asked of GitHub at this moment. If GitHub's answer is not a yes,
 * it is a no. Repositories that the server doesn't allow, bots, and Orch itself are a log line.
 */
export async function admit(context: AppContext, door: Door): Promise<Admission> {
  const { sender } = door;
  const why = await ignoredWhy(context, door);
  if (why !== null) {
    const { id, login } = sender;
    context.log.info({ repository: door.repository.full_name, sender: id, login, why }, 'ignored');
    return { kind: 'ignored', why };
  }
  const octokit = await context.github.octokit(door.installation.id, door.repository.id);
  const own = await readRepositorySettings(context, octokit, door);
  const isGranted = sender.type === 'Bot' || (await mayCommandHere(context, octokit, door, own));
  if (isGranted) return { kind: 'admitted', repository: own };
  return { kind: 'refused', repository: own, text: refusal(sender.login, own.permissions.minimum) };
}

async function ignoredWhy(context: AppContext, door: Door): Promise<string | null> {
  const { settings } = context;
  const { repository, sender } = door;
  if (!isAllowed(settings, repository.full_name))
    return `${repository.full_name} is not among github.allow_repositories`;
  if (sender.type === 'Bot' && !settings.policies.bots.includes(sender.id))
    return `the bot ${sender.login} (${sender.id}) is not among policies.bots`;
  return (await isSelf(context, door)) ? 'Orch does not command itself' : null;
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

async function mayCommandHere(
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
