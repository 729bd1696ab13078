import { setSuspended, uninstall } from './action/installations.ts';
import { setLocked } from './action/issues.ts';
import { changeBase } from './action/pulls.ts';
import { movingRefs } from './action/refs.ts';
import {
  deleteIssue,
  deleteRepository,
  renameRepository,
  transferIssue,
  transferRepository,
} from './action/upheavals.ts';
import type { Installation, Issue, Permissions } from './model.ts';
import { namedRepository, namedUser } from './people.ts';
import { type Deed, exclusively, findIssue, findPull, type World } from './world.ts';

/** What owners do to accounts, repositories and issues while others are at work in them. */
export interface Owners {
  uninstallApp(installation: Installation): void;
  setSuspended(installation: Installation, suspended: boolean): void;
  /** What the App may do from now on; the tokens that it has end. */
  setPermissions(installation: Installation, permissions: Permissions): void;
  renameRepository(repository: string, name: string): Promise<void>;
  deleteRepository(repository: string): Promise<void>;
  transferRepository(repository: string, account: string): Promise<void>;
  setArchived(repository: string, archived: boolean): void;
  /** What every push is refused with, as rules of the repository or its organization would; null for nothing. */
  refusePushes(repository: string, words: string | null): void;
  deleteIssue(repository: string, issue: number): Promise<void>;
  /** Gives the issue as it is in the other repository. */
  transferIssue(repository: string, issue: number, to: string): Promise<Issue>;
  setLocked(repository: string, issue: number, locked: boolean): Promise<void>;
  /** Has a pull request go to another branch. */
  setBase(repository: string, pull: number, branch: string): Promise<void>;
  /** Makes a branch point elsewhere, whatever it held; null deletes it. */
  moveBranch(repository: string, branch: string, sha: string | null): Promise<void>;
}

export function owners(world: World): Owners {
  const as = <T>(name: string, act: (deed: Deed) => T | Promise<T>): Promise<T> => {
    const repository = namedRepository(world, name);
    return exclusively(repository, () =>
      act({ world, repository, actor: { user: repository.owner, permissions: null } }),
    );
  };
  return {
    uninstallApp: installation => uninstall(world, installation),
    setSuspended: (installation, suspended) => setSuspended(world, installation, suspended),
    setPermissions: (installation, permissions) => {
      installation.permissions = { metadata: 'read', ...permissions };
      for (const [secret, token] of world.tokens)
        if (token.kind === 'installation' && token.installation === installation) world.tokens.delete(secret);
    },
    renameRepository: (name, to) => as(name, deed => renameRepository(deed, to)),
    deleteRepository: name => as(name, deleteRepository),
    transferRepository: (name, account) =>
      as(name, deed => transferRepository(deed, namedUser(world, account))),
    setArchived: (name, archived) => {
      namedRepository(world, name).archived = archived;
    },
    refusePushes: (name, words) => {
      namedRepository(world, name).pushRefusal = words;
    },
    deleteIssue: (name, issue) => as(name, deed => deleteIssue(deed, findIssue(deed.repository, issue))),
    transferIssue: (name, issue, to) =>
      as(name, deed => transferIssue(deed, findIssue(deed.repository, issue), namedRepository(world, to))),
    setLocked: (name, issue, locked) =>
      as(name, deed => setLocked(deed, findIssue(deed.repository, issue), locked)),
    setBase: (name, pull, branch) =>
      as(name, deed => changeBase(deed, findPull(deed.repository, pull), branch)),
    moveBranch: (name, branch, sha) =>
      as(name, deed =>
        movingRefs(deed, async () => {
          const ref = `refs/heads/${branch}`;
          await deed.repository.git.run(sha === null ? ['update-ref', '-d', ref] : ['update-ref', ref, sha]);
        }),
      ),
  };
}
