import { resolve } from 'node:path';
import { carriedSettings } from '../config/repository.ts';
import { contextPlaces } from '../context/place.ts';
import type { Github } from '../github/client.ts';
import { githubForge } from '../github/forge.ts';
import { pullWords } from '../github/pull-words.ts';
import { openPulls } from '../github/pulls.ts';
import { confirmRequester } from '../github/requester.ts';
import { type Daemon, type DaemonOptions, startDaemon } from './daemon.ts';
import { startProofs } from './proofs.ts';

export interface OnGithubOptions extends Omit<DaemonOptions, 'forge' | 'contextOf'> {
  github: Github;
  /** Where repositories are cloned from, without a slash at the end. */
  webBaseUrl: string;
}

export interface OnGithub extends Daemon {
  pulls: ReturnType<typeof openPulls>;
}

/** The daemon of tasks whose repositories are on GitHub, whoever Orch is there: an App, or a job of GitHub Actions. */
export async function startOnGithub(options: OnGithubOptions): Promise<OnGithub> {
  const { settings, home, github, webBaseUrl, clock, log, secrets } = options;
  const { store } = home;
  const shared = { store, github, clock, log };
  const carried = carriedSettings(settings);
  const pulls = openPulls(shared);
  const forge = githubForge({
    github,
    webBaseUrl,
    secrets,
    files: task => home.paths.files(task.repository),
    pulls,
    words: pullWords(shared),
    confirm: confirmRequester({
      github,
      bots: settings.policies.bots,
      permissions: task => carried(task.settings).permissions,
    }),
  });
  const contexts = resolve(settings.orchestrator.home, settings.context.directory);
  const contextOf = contextPlaces(contexts, store.marks);
  await using stack = new AsyncDisposableStack();
  const daemon = stack.use(await startDaemon({ ...options, forge, contextOf }));
  const { prove } = daemon;
  const proofs = startProofs({ store, clock, log, prove });
  stack.defer(() => proofs.stop());
  const running = stack.move();
  return { ...daemon, pulls, [Symbol.asyncDispose]: () => running.disposeAsync() };
}
