import type { PublishGit, Push } from '../broker/publish.ts';
import type { Forge } from '../forge/forge.ts';
import type { Access, Remote } from '../forge/remote.ts';
import { type Run, runName, type Task } from '../task/glossary.ts';
import { receivePack } from '../workspace/landing.ts';
import { commits, pushBranch, pushRescue, remoteBranch } from '../workspace/publish.ts';
import type { PushRules } from '../workspace/push/rules.ts';
import { rescueRef } from '../workspace/refs.ts';
import { fetchStore, type Store, type Stores } from '../workspace/store.ts';
import type { Checkpoints } from './checkpoints.ts';

/** The largest pack taken from an agent: GitHub itself takes 2 GiB a push. */
const MOST_PACK_BYTES = 512 * 1024 * 1024;

export interface Repositories {
  remote(task: Task, access: Access): Remote;
  store(task: Task): Promise<Store>;
}

/** The remotes of tasks and the daemon's stores of them. */
export function openRepositories(stores: Stores, { remote }: Pick<Forge, 'remote'>): Repositories {
  return { remote, store: task => stores.of(remote(task, 'read')) };
}

export interface PublishGitOptions {
  repositories: Repositories;
  rules(task: Task): PushRules;
  keepTip: Checkpoints['keepTip'];
  /** Whether what is kept here is there tomorrow; else it is kept on the forge. */
  stays: boolean;
}

export function publishGit({ repositories, rules, keepTip, stays }: PublishGitOptions): PublishGit {
  const landing = (run: Run, { pack, new: sha }: Push) => {
    return { run: runName(run.task, run.number), pack, sha, maxBytes: MOST_PACK_BYTES };
  };
  const lost = async (task: Task, sha: string) => {
    if (task.head === null) return [];
    return (await commits(await repositories.store(task), sha, task.head)).map(commit => commit.sha);
  };
  return {
    async receive(task, run, push) {
      const store = await repositories.store(task);
      await receivePack(store, {
        ...landing(run, push),
        check: {
          rules: rules(task),
          base: task.baseSha as string,
          head: task.head,
          target: task.target as string,
          refetch: () => fetchStore(store, repositories.remote(task, 'read')),
          isLast: push.isLast,
        },
      });
    },
    async keep(task, run, push) {
      await receivePack(await repositories.store(task), landing(run, push));
    },
    async isAhead(task, sha) {
      return (await commits(await repositories.store(task), task.baseSha as string, sha)).length > 0;
    },
    lost,
    async keepTip(task, run, sha) {
      if ((await lost(task, sha)).length > 0) await keepTip(run, task.head as string, 'before a forced push');
    },
    async push(task, sha, expected) {
      const store = await repositories.store(task);
      const branch = task.branch as string;
      const access = rules(task).workflows ? 'workflows' : 'write';
      const result = await pushBranch(store, repositories.remote(task, access), { sha, branch, expected });
      if (result.kind === 'pushed') return result;
      const moved = result.reason === 'exists' || result.reason === 'stale';
      return { kind: 'rejected', moved, text: result.text };
    },
    async rescue(task, run, sha) {
      const store = await repositories.store(task);
      const ref = await rescueRef(store, runName(run.task, run.number), sha);
      const refused = stays
        ? null
        : await pushRescue(store, repositories.remote(task, 'write'), { sha, ref });
      return stays || refused !== null ? `git fetch ${store.directory} ${ref}` : `git fetch origin ${ref}`;
    },
    async tip(task) {
      const remote = repositories.remote(task, 'read');
      const tip = await remoteBranch(remote, task.branch as string);
      await fetchStore(await repositories.store(task), remote);
      return tip;
    },
  };
}
