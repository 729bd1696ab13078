import { type GitAccess, type Github, hasStatus } from '../github/client.ts';
import type { PublishGit, Push } from '../github/publish.ts';
import type { Secrets } from '../shared/secrets/secrets.ts';
import { type Run, runName, type Task } from '../task/glossary.ts';
import { receivePack } from '../workspace/landing.ts';
import { commits, pushBranch, remoteBranch } from '../workspace/publish.ts';
import type { PushRules } from '../workspace/push/rules.ts';
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
  async function token(task: Task, access: GitAccess): Promise<string> {
    try {
      return await github.gitToken(task.installation, task.repositoryId, access);
    } catch (error) {
      // The App may not write workflows: GitHub says so of each push that needs it.
      if (access !== 'workflows' || !hasStatus(error, 422)) throw error;
      return await token(task, 'write');
    }
  }
  const remote = (task: Task, access: GitAccess): Remote => ({
    url: `${webBaseUrl}/${task.repository}.git`,
    // By its number, which a rename leaves alone: workspaces borrow from Orch's copy.
    name: `repositories/${task.repositoryId}`,
    host: new URL(webBaseUrl).host,
    async token() {
      const fresh = await token(task, access);
      secrets.know(fresh, 'a token of Orch');
      return fresh;
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
    tip: task => remoteBranch(repositories.remote(task, 'read'), task.branch as string),
  };
}
