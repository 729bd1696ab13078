import type { RepositorySettings } from '../config/repository.ts';
import { hasRole, type Role, roleOf } from './access.ts';
import { type AskOptions, isAllowed } from './ask.ts';
import { githubMessage, isRefusal, type Octokit } from './client.ts';
import type { Place } from './payloads.ts';
import { readRepositorySettings } from './repository-settings.ts';

export type Admission =
  | { kind: 'admitted'; repository: RepositorySettings }
  | { kind: 'refused'; text: string }
  | { kind: 'ignored' };

/** A place without an issue, such as a check run, can be asked from too; only complaints need one. */
type Door = Omit<Place, 'issue'> & Partial<Pick<Place, 'issue'>>;

/**
 * Whether the sender of a delivery may command here, asked of GitHub at this moment. If GitHub's answer is not a yes,
 * it is a no. Repositories that the server doesn't allow, and bots, are a log line.
 */
export async function admit(options: AskOptions, door: Door): Promise<Admission> {
  const { settings, log, github } = options;
  const { repository, sender } = door;
  if (!isAllowed(settings, repository.full_name)) {
    log.info({ repository: repository.full_name }, 'repository is not among github.allow_repositories');
    return { kind: 'ignored' };
  }
  if (sender.type === 'Bot' && !settings.policies.bots.includes(sender.id)) {
    log.info({ bot: sender.id, login: sender.login }, 'bot is not among policies.bots');
    return { kind: 'ignored' };
  }
  const octokit = await github.octokit(door.installation.id);
  const isBot = sender.type === 'Bot';
  const [own, role] = await Promise.all([
    readRepositorySettings(options, octokit, door),
    isBot ? ('none' as const) : readRole(options, octokit, door),
  ]);
  const { minimum, users, floor } = own.permissions;
  const isNamed = users.some(user => user.toLowerCase() === sender.login.toLowerCase());
  if (isBot || hasRole(role, minimum) || (isNamed && hasRole(role, floor)))
    return { kind: 'admitted', repository: own };
  return { kind: 'refused', text: refusal(sender.login, minimum) };
}

async function readRole({ log }: AskOptions, octokit: Octokit, { repository, sender }: Door): Promise<Role> {
  try {
    return await roleOf(octokit, repository.full_name, sender.login);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    log.warn(
      { sender: sender.login, why: githubMessage(error) },
      'permission could not be read, so the answer is no',
    );
    return 'none';
  }
}

function refusal(login: string, minimum: string): string {
  return `Sorry, \`${login}\`: commands are taken from people with ${minimum} access to this repository. Somebody who has it can give the command.`;
}
