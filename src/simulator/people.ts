import { randomBytes } from 'node:crypto';
import {
  findCheckRun,
  type JobResult,
  reportJob,
  requestAction,
  rerequestCheck,
  updateCheckRun,
} from './action/checks.ts';
import { createComment, deleteComment, editComment, findComment } from './action/comments.ts';
import { changeSelection, install } from './action/installations.ts';
import { addLabels, createIssue, editIssue, removeLabel } from './action/issues.ts';
import { type MergeOptions, mergePull } from './action/merge.ts';
import { personOf } from './action/people.ts';
import { changeState, createPull, type NewPull, setDraft } from './action/pulls.ts';
import { react } from './action/reactions.ts';
import { movingRefs } from './action/refs.ts';
import { createRepository, forkRepository, type NewRepository } from './action/repositories.ts';
import { createReview, type NewReview } from './action/reviews.ts';
import { type Files, importCommit } from './git/import.ts';
import type {
  Actor,
  Comment,
  Installation,
  Issue,
  PullRequest,
  Repository,
  Review,
  Role,
  Team,
  User,
} from './model.ts';
import { type Deed, exclusively, findIssue, findPull, findRepository, type World } from './world.ts';

/** What people do on the simulated GitHub. Repositories are named `owner/name`, people by login. */
export interface People {
  addUser(login: string, options?: { type?: User['type']; name?: string }): User;
  /** A token of a person, for the API and for git. */
  userToken(login: string): string;
  /** The first commit has the files given; without files the repository stays empty. */
  createRepository(options: NewRepository): Promise<Repository>;
  /** The login goes to nobody, and may be taken by somebody else. */
  renameUser(login: string, to: string): void;
  suspendUser(login: string): void;
  /** `none` takes the person's own role away; what a team gives stays. */
  addCollaborator(repository: string, user: string, role: Role): void;
  createTeam(organization: string, slug: string, members: readonly string[]): Team;
  /** Gives a team's members a role in one of the organization's repositories. */
  addTeam(repository: string, team: Team, role: Role): void;
  /** Under somebody's own name. Its pull requests stay at the commit that they were opened or reopened with. */
  forkRepository(repository: string, owner: string): Promise<Repository>;
  /** A protected branch changes by pull request only. */
  setProtected(repository: string, branch: string, isProtected: boolean): void;
  /** On all repositories of an account, or on those named. */
  installApp(account: string, options?: { repositories?: readonly string[] }): Installation;
  /** Adds a repository to an installation on chosen ones, or takes it away. */
  selectRepository(installation: Installation, repository: string, selected: boolean): void;
  openIssue(
    repository: string,
    issue: { title: string; body?: string; labels?: string[]; user: string },
  ): Promise<Issue>;
  editIssue(
    repository: string,
    issue: number,
    text: { title?: string; body?: string },
    user: string,
  ): Promise<void>;
  /** Gives a comment a reaction, such as `+1`. GitHub sends no webhook for it. */
  react(repository: string, comment: number, content: string, user: string): Promise<void>;
  comment(repository: string, issue: number, body: string, user: string): Promise<Comment>;
  editComment(repository: string, comment: number, body: string, user: string): Promise<void>;
  deleteComment(repository: string, comment: number, user: string): Promise<void>;
  setLabel(repository: string, issue: number, label: string, user: string): Promise<void>;
  unsetLabel(repository: string, issue: number, label: string, user: string): Promise<void>;
  /** Closes or reopens an issue or a pull request. */
  setState(repository: string, issue: number, state: 'open' | 'closed', user: string): Promise<void>;
  openPull(repository: string, pull: NewPull & { user: string }): Promise<PullRequest>;
  /** Says that a draft is ready for review, or takes it back. */
  setDraft(repository: string, pull: number, draft: boolean, user: string): Promise<void>;
  /** Gives the sha of the merge. */
  merge(repository: string, pull: number, user: string, options?: MergeOptions): Promise<string>;
  review(repository: string, pull: number, review: NewReview & { user: string }): Promise<Review>;
  /** Clicks a button of a check run. */
  clickCheckAction(repository: string, checkRun: number, identifier: string, user: string): Promise<void>;
  rerequestCheck(repository: string, checkRun: number, user: string): Promise<void>;
  /** A workflow tells of a commit; gives the number of the check run. */
  reportJob(repository: string, sha: string, job: JobResult): Promise<number>;
  endJob(repository: string, checkRun: number, conclusion: string): Promise<void>;
  /** One commit on a branch, which is made from the default branch if it isn't there. Gives its sha. */
  pushCommit(
    repository: string,
    branch: string,
    files: Files,
    user: string,
    message?: string,
  ): Promise<string>;
}

export function people(world: World): People {
  const actorNamed = (login: string): Actor => ({ user: namedUser(world, login), permissions: null });
  const as = <T>(name: string, login: string, act: (deed: Deed) => T | Promise<T>): Promise<T> => {
    const deed = { world, repository: namedRepository(world, name), actor: actorNamed(login) };
    return exclusively(deed.repository, () => act(deed));
  };
  const asActions = <T>(name: string, act: (deed: Deed) => T | Promise<T>): Promise<T> => {
    const repository = namedRepository(world, name);
    const actor = { user: world.actions.bot, permissions: {} };
    return exclusively(repository, () => act({ world, repository, actor }));
  };
  return {
    addUser: (login, options = {}) => addUser(world, login, options),
    userToken: login => userToken(world, login),
    createRepository: options => createRepository(world, options),
    renameUser: (login, to) => renameUser(world, namedUser(world, login), to),
    suspendUser: login => {
      namedUser(world, login).suspended = true;
    },
    addCollaborator: (name, login, role) =>
      void namedRepository(world, name).collaborators.set(namedUser(world, login).id, role),
    createTeam: (organization, slug, members) => createTeam(world, organization, slug, members),
    addTeam: (name, team, role) => void namedRepository(world, name).teams.set(team, role),
    forkRepository: (name, owner) =>
      forkRepository(world, namedRepository(world, name), namedUser(world, owner)),
    setProtected: (name, branch, isProtected) => {
      const { protectedBranches } = namedRepository(world, name);
      if (isProtected) protectedBranches.add(branch);
      else protectedBranches.delete(branch);
    },
    installApp: (account, { repositories } = {}) =>
      install(
        world,
        namedUser(world, account),
        repositories?.map(name => namedRepository(world, name)) ?? null,
      ),
    selectRepository: (installation, name, selected) =>
      changeSelection(world, installation, namedRepository(world, name), selected),
    openIssue: (name, { user, ...issue }) => as(name, user, deed => createIssue(deed, issue)),
    editIssue: (name, issue, text, user) =>
      as(name, user, deed => void editIssue(deed, findIssue(deed.repository, issue), text)),
    react: (name, comment, content, user) =>
      as(name, user, deed => void react(deed, findComment(deed, comment), content)),
    comment: (name, issue, body, user) =>
      as(name, user, deed => createComment(deed, findIssue(deed.repository, issue), body)),
    editComment: (name, id, body, user) =>
      as(name, user, deed => editComment(deed, findComment(deed, id), body)),
    deleteComment: (name, id, user) => as(name, user, deed => deleteComment(deed, findComment(deed, id))),
    setLabel: (name, issue, label, user) =>
      as(name, user, deed => addLabels(deed, findIssue(deed.repository, issue), [label])),
    unsetLabel: (name, issue, label, user) =>
      as(name, user, deed => removeLabel(deed, findIssue(deed.repository, issue), label)),
    setState: (name, number, state, user) =>
      as(name, user, deed => changeState(deed, findIssue(deed.repository, number), state)),
    openPull: (name, { user, ...pull }) => as(name, user, deed => createPull(deed, pull)),
    setDraft: (name, pull, draft, user) =>
      as(name, user, deed => setDraft(deed, findPull(deed.repository, pull), draft)),
    merge: (name, pull, user, options) =>
      as(name, user, deed => mergePull(deed, findPull(deed.repository, pull), options)),
    review: (name, pull, { user, ...review }) =>
      as(name, user, deed => createReview(deed, findPull(deed.repository, pull), review)),
    clickCheckAction: (name, run, identifier, user) =>
      as(name, user, deed => requestAction(deed, findCheckRun(deed, run), identifier)),
    rerequestCheck: (name, run, user) =>
      as(name, user, deed => rerequestCheck(deed, findCheckRun(deed, run))),
    reportJob: (name, sha, job) => asActions(name, async deed => (await reportJob(deed, sha, job)).id),
    endJob: (name, run, conclusion) =>
      asActions(name, deed => updateCheckRun(deed, findCheckRun(deed, run), { conclusion })),
    pushCommit: (name, branch, files, user, message) =>
      as(name, user, deed => pushCommit(deed, branch, files, message ?? 'Change files')),
  };
}

export function namedUser(world: World, login: string): User {
  const user = world.users.get(login.toLowerCase());
  if (!user) throw new Error(`nobody is called ${login} on the simulated GitHub`);
  return user;
}

export function namedRepository(world: World, name: string): Repository {
  const [owner = '', repo = ''] = name.split('/');
  const repository = findRepository(world, owner, repo);
  if (!repository) throw new Error(`there is no repository ${name} on the simulated GitHub`);
  return repository;
}

function addUser(world: World, login: string, options: { type?: User['type']; name?: string }): User {
  const { type = 'User', name = null } = options;
  const user: User = { id: world.newId(), login, name, type, createdAt: world.clock.now(), suspended: false };
  world.users.set(login.toLowerCase(), user);
  return user;
}

function renameUser(world: World, user: User, to: string): void {
  world.users.delete(user.login.toLowerCase());
  user.login = to;
  world.users.set(to.toLowerCase(), user);
}

function createTeam(world: World, organization: string, slug: string, members: readonly string[]): Team {
  const team: Team = {
    organization: namedUser(world, organization),
    slug,
    members: new Map(members.map(login => [namedUser(world, login).id, 'active'])),
  };
  world.teams.set(`${organization}/${slug}`.toLowerCase(), team);
  return team;
}

function userToken(world: World, login: string): string {
  const secret = `ghp_${randomBytes(18).toString('hex')}`;
  world.tokens.set(secret, { kind: 'user', user: namedUser(world, login) });
  return secret;
}

async function pushCommit(deed: Deed, branch: string, files: Files, message: string): Promise<string> {
  const { git, defaultBranch } = deed.repository;
  const parent = (await git.resolve(branch)) ?? (await git.resolve(defaultBranch));
  const author = personOf(deed.actor.user, deed.world.clock.now());
  return movingRefs(deed, () => importCommit(git, { branch, parent, files, message, author }));
}
