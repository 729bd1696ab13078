import { failure, SELF } from '../handling.ts';
import type { Who } from './expected.ts';

/** What GitHub knows of a login. */
interface Account {
  id: number;
  /** `permission`, and `role_name` where that is another word. */
  role: string;
  named?: string;
  rights?: { triage?: boolean; maintain?: boolean };
}

/** Somebody who sends deliveries, and the world around. */
export interface Person {
  sender: { id: number; login: string; type: string };
  /** Accounts by login; the sender has the one of the same login, if any. */
  accounts?: Record<string, Account>;
  /** Present logins by number. */
  present?: Record<number, string>;
  /** Of team `core`. */
  membership?: 'active' | 'pending' | 'hidden';
  repository?: string;
  server?: string;
  via?: number;
  /** How GitHub fails to tell the role. */
  fails?: Error;
}

const ID = 21;

function person(role: string, more: Partial<Account & Person> = {}): Person {
  const { named, rights, ...others } = more;
  const account = { id: ID, role, ...(named && { named }), ...(rights && { rights }) };
  return { sender: { id: ID, login: 'ann', type: 'User' }, accounts: { ann: account }, ...others };
}

function bot(id: number, bots: readonly number[] = []): Person {
  const server = `policies: { bots: [${bots}] }`;
  return { sender: { id, login: 'helper[bot]', type: 'Bot' }, server };
}

const itself = { id: SELF.userId, login: SELF.login, type: 'Bot' };
const maintain = 'permissions: { minimum: maintain }';
const core = 'permissions: { minimum: maintain, teams: [core] }';
const floor = 'github: { permissions_floor: triage }';

export const SETUPS: Record<Who, Person> = {
  'a person without access': person('none'),
  'read access': person('read'),
  'triage access': person('read', { named: 'triage' }),
  'write access': person('write'),
  'maintain access': person('write', { named: 'maintain' }),
  'admin access': person('admin'),
  'an outside collaborator with read access': person('read', { membership: 'hidden', repository: core }),
  'an outside collaborator with write access': person('write'),
  'a custom role that amounts to write': person('write', { named: 'release crew' }),
  'a custom role that amounts to triage': person('read', { named: 'helpers', rights: { triage: true } }),
  'a custom role that is called admin and amounts to read': person('read', { named: 'admin' }),
  'write access, where `minimum` is maintain': person('write', { repository: maintain }),
  'maintain access, where `minimum` is maintain': person('write', {
    named: 'maintain',
    repository: maintain,
  }),
  'a custom role that amounts to maintain, where `minimum` is maintain': person('write', {
    named: 'leads',
    rights: { maintain: true },
    repository: maintain,
  }),
  'a member of a team in `teams`, with write access, where `minimum` is maintain': person('write', {
    membership: 'active',
    repository: core,
  }),
  'a member of another team': person('write', { repository: core }),
  'someone invited to a team in `teams`': person('write', { membership: 'pending', repository: core }),
  'a member of a team in `teams`, with triage access, where the floor is write': person('read', {
    named: 'triage',
    membership: 'active',
    repository: core,
  }),
  'a member of a team in `teams`, with triage access, where the floor is triage': person('read', {
    named: 'triage',
    membership: 'active',
    repository: core,
    server: floor,
  }),
  'a member of a team in `teams`, where the App may not ask': person('write', {
    membership: 'hidden',
    repository: core,
  }),
  'someone in `users`, in other letters, with write access, where `minimum` is maintain': person('write', {
    repository: 'permissions: { minimum: maintain, users: [ANN] }',
  }),
  'someone in `users` with read access': person('read', { repository: 'permissions: { users: [ann] }' }),
  'triage access, where `minimum` is triage and the floor is write': person('read', {
    named: 'triage',
    repository: 'permissions: { minimum: triage }',
  }),
  'triage access, where `minimum` and the floor are triage': person('read', {
    named: 'triage',
    repository: 'permissions: { minimum: triage }',
    server: floor,
  }),
  'a bot': bot(30),
  'a bot whose number is in `policies.bots`': bot(30, [30]),
  'a bot with the name of one whose number is in `policies.bots`': bot(31, [30]),
  'a person whose number is in `policies.bots`': person('read', { server: `policies: { bots: [${ID}] }` }),
  'Orch itself': { sender: itself },
  'Orch itself, with its number in `policies.bots`': {
    sender: itself,
    server: `policies: { bots: [${SELF.userId}] }`,
  },
  'Orch in the name of somebody with write access': person('write', { via: SELF.appId }),
  'a suspended person': person('none', { accounts: {} }),
  'a deleted person, whom GitHub calls ghost': {
    sender: { id: 10137, login: 'ghost', type: 'User' },
    accounts: { ghost: { id: 10137, role: 'none' } },
  },
  'someone with write access who has a new login': person('none', {
    accounts: { anna: { id: ID, role: 'write' } },
    present: { [ID]: 'anna' },
  }),
  'someone in `users` under the login that was changed': person('none', {
    accounts: { anna: { id: ID, role: 'write' } },
    present: { [ID]: 'anna' },
    repository: 'permissions: { minimum: maintain, users: [ann] }',
  }),
  'a person without access, whose old login has gone to someone with admin access': person('none', {
    accounts: { ann: { id: 99, role: 'admin' }, anna: { id: ID, role: 'none' } },
    present: { [ID]: 'anna' },
  }),
  'someone with write access, while GitHub refuses to tell': person('write', {
    fails: failure(403, 'Resource not accessible by integration'),
  }),
  'someone with write access, while GitHub is away': person('write', { fails: failure(502, 'Bad Gateway') }),
  'someone with admin access, in a repository that the server does not allow': person('admin', {
    server: 'github: { allow_repositories: ["other/*"] }',
  }),
};

/** What the API answers about people; undefined where it is about something else. */
export function answerAbout(
  { accounts = {}, present = {}, membership, fails }: Person,
  route: string,
  params: Record<string, unknown>,
): unknown {
  if (route.endsWith('/permission')) {
    if (fails) throw fails;
    const login = String(params.username).toLowerCase();
    const account = accounts[login];
    if (!account) throw failure(404, 'Not Found');
    const { id, role, named = role, rights } = account;
    return { permission: role, role_name: named, user: { id, login, permissions: rights } };
  }
  if (route.startsWith('GET /user/')) {
    const login = present[Number(params.account_id)];
    if (!login) throw failure(404, 'Not Found');
    return { id: params.account_id, login };
  }
  if (route.includes('/memberships/')) {
    if (membership === 'hidden') throw failure(403, 'Resource not accessible by integration');
    if (!membership || params.team_slug !== 'core') throw failure(404, 'Not Found');
    return { state: membership };
  }
}
