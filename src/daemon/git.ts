import { type GitAccess, type Github, githubMessage, isRefusal } from '../github/client.ts';
import type { PublishGit, Push } from '../github/publish.ts';
import { refused } from '../github/refusals.ts';
import type { Secrets } from '../shared/secrets/secrets.ts';
import { type Run, runName, type Task } from '../task/glossary.ts';
import { receivePack } from '../workspace/landing.ts';
import { commits, pushBranch, remoteBranch } from '../workspace/publish.ts';
import type { PushRules } from '../workspace/push/rules.ts';
import { rescueRef } from '../workspace/refs.ts';
import type { Remote } from '../workspace/remote.ts';
import { fetchStore, type Store, type Stores } from '../workspace/store.ts';

/** The largest pack taken from an agent: GitHub itself takes 2 GiB a push. */
const MOST_PACK_BYTES = 512 * 1024 * 1024;

export interface Repositories {
  remote(task: Task, access: GitAccess): Remote;
  store(task: Task): Promise<Store>;
}

/** The remotes of tasks and the daemon's stores of them; tokens are asked for when git needs one. */
export function openRepositories(
  stores: Stores,
  github: Github,
  webBaseUrl: string,
  secrets: Secrets,
): Repositories {
  const remote = (task: Task, access: GitAccess): Remote => ({
    url: `${webBaseUrl}/${task.repository}.git`,
    // By its number, which a rename leaves alone: workspaces borrow from Orch's copy.
    name: `repositories/${task.repositoryId}`,
    host: new URL(webBaseUrl).host,
    async token() {
      const { installation, repositoryId } = task;
      const token = await github.gitToken(installation, repositoryId, access).catch(error => {
        if (!isRefusal(error)) throw error;
        const what = 'GitHub gives Orch no token for this repository';
        throw refused('E_GITHUB', what, githubMessage(error), { cause: error });
      });
      secrets.know(token, 'a token of Orch');
      return token;
    },
  });
  return { remote, store: task => stores.of(remote(task, 'read')) };
}

export function publishGit(repositories: Repositories, rules: (task: Task) => PushRules): PublishGit {
  const landing = (run: Run, { pack, new: sha }: Push) => {
    return { run: runName(run.task, run.number), pack, sha, maxBytes: MOST_PACK_BYTES };
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
      return `git fetch ${store.directory} ${ref}`;
    },
    tip: task => remoteBranch(repositories.remote(task, 'read'), task.branch as string),
  };
}
