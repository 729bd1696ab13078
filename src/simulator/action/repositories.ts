import { join } from 'node:path';
import { writeHooks } from '../git/hooks.ts';
import { type Files, importCommit } from '../git/import.ts';
import { BareRepository } from '../git/repository.ts';
import type { Repository, User } from '../model.ts';
import { findUser, type World } from '../world.ts';
import { personOf } from './people.ts';

export interface NewRepository {
  owner: string;
  name: string;
  private?: boolean;
  description?: string;
  /** Default `main`. */
  defaultBranch?: string;
  /** Contents of the first commit; without any there is none. */
  files?: Files;
  archived?: boolean;
  /** Branches that change by pull request only. */
  protected?: readonly string[];
}

/** A copy of a repository that somebody owns, with its branches. */
export async function forkRepository(world: World, parent: Repository, owner: User): Promise<Repository> {
  const { name, defaultBranch } = parent;
  const fork = await createRepository(world, {
    owner: owner.login,
    name,
    defaultBranch,
    private: parent.private,
  });
  fork.parent = parent;
  await fork.git.run(['fetch', '--quiet', parent.git.path, '+refs/heads/*:refs/heads/*']);
  return fork;
}

export async function createRepository(world: World, options: NewRepository): Promise<Repository> {
  const owner = findUser(world, options.owner);
  const { name, defaultBranch = 'main', files, protected: protectedBranches = [] } = options;
  const hooks = await writeHooks(world.directory);
  const path = join(world.directory, 'repositories', owner.login, `${name}.git`);
  const git = await BareRepository.create(path, { branch: defaultBranch, hooks });
  const now = world.clock.now();
  if (files) {
    const author = personOf(owner, now);
    await importCommit(git, {
      branch: defaultBranch,
      parent: null,
      files,
      message: 'Initial commit',
      author,
    });
  }
  const repository: Repository = {
    id: world.newId(),
    owner,
    name,
    parent: null,
    private: options.private ?? false,
    description: options.description ?? null,
    defaultBranch,
    archived: options.archived ?? false,
    protectedBranches: new Set(protectedBranches),
    pushRefusal: null,
    collaborators: new Map(),
    teams: new Map(),
    labels: new Map(),
    issues: new Map(),
    comments: new Map(),
    checkRuns: new Map(),
    checkSuites: new Map(),
    statuses: [],
    createdAt: now,
    updatedAt: now,
    pushedAt: now,
    git,
  };
  world.repositories.set(repository.id, repository);
  return repository;
}
