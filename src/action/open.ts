import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { excessOfSockets } from '../config/paths.ts';
import type { Settings } from '../config/settings.ts';
import type { Home } from '../daemon/home.ts';
import { openJobHome } from '../daemon/job-home.ts';
import { ownSecrets } from '../daemon/own-secrets.ts';
import type { Github } from '../github/client.ts';
import { guardedFetch } from '../github/client-fetch.ts';
import { connectByToken } from '../github/job-token.ts';
import { GITHUB_LIMITS, openPace } from '../github/pace.ts';
import { type Clock, systemClock } from '../shared/clock.ts';
import { OrchError } from '../shared/errors.ts';
import { type Log, openLog } from '../shared/log.ts';
import type { Secrets } from '../shared/secrets/secrets.ts';
import type { Store } from '../store/open.ts';
import type { Job } from './job.ts';
import { inert, say } from './log.ts';
import { jobSettings } from './settings.ts';

/** What a job does its work with: all of it is the job's own. */
export interface Workshop extends Disposable {
  job: Job;
  settings: Settings;
  home: Home;
  store: Store;
  github: Github;
  secrets: Secrets;
  env: NodeJS.ProcessEnv;
  clock: Clock;
  log: Log;
}

/** Where a job keeps what it works with, emptied by its runner; short, since sockets lie in it. */
export function homeOf({ temporary }: Pick<Job, 'temporary'>): string {
  return join(temporary, 'orch');
}

/** Opens what a job works with, or what its first step has left. Errors: E_SETTINGS, E_UNSANDBOXED, E_PATH_TOO_LONG. */
export function openWorkshop(
  { settings: file, token }: { settings: string | null; token: string },
  job: Job,
  env: NodeJS.ProcessEnv,
): Workshop {
  requireShortPaths(job);
  using stack = new DisposableStack();
  const { settings, warnings } = jobSettings(file, homeOf(job), env);
  for (const warning of warnings) say(warning);
  const clock = systemClock;
  const secrets = ownSecrets({ credentials: null, settings, env });
  secrets.know(token, "the job's token");
  const isNew = !existsSync(homeOf(job));
  const opened = stack.use(openJobHome(homeOf(job)));
  const home = job.run.attempt > 1 ? { ...opened, store: afterOthers(opened.store) } : opened;
  if (isNew) home.store.tasks.countFrom(job.run.id);
  const isDebugged = env.RUNNER_DEBUG === '1';
  const log = openLog({
    level: isDebugged ? 'debug' : 'info',
    file: home.paths.log,
    stderr: isDebugged,
    // It is part of the job's log then.
    redact: line => inert(secrets.redact(line)),
  });
  const limits = settings.github.throttle ? GITHUB_LIMITS : [];
  const pace = openPace({ clock, log, limits, recent: () => [], send: guardedFetch(secrets) });
  // What is waited for here would wait for its turn.
  stack.defer(() => pace.stop());
  const { apiUrl: apiBaseUrl, serverUrl: webBaseUrl } = job;
  const github = connectByToken({ token, apiBaseUrl, webBaseUrl, pace });
  const open = stack.move();
  const { store } = home;
  return {
    job,
    settings,
    home,
    store,
    github,
    secrets,
    env,
    clock,
    log,
    [Symbol.dispose]: () => open.dispose(),
  };
}

function requireShortPaths(job: Job): void {
  const over = excessOfSockets(homeOf(job), `T${job.run.id}.9`);
  if (over === 0) return;
  throw new OrchError(
    'E_PATH_TOO_LONG',
    `${job.temporary} is ${over} characters too long for sockets below it`,
    {
      remedy: 'Give the runner a work folder with a shorter path: ./config.sh --work FOLDER',
    },
  );
}

/**
 * The store of a re-run is new, and what an attempt before it has made on GitHub bears the same markers: before anything is
 * created, it is looked for.
 */
function afterOthers(store: Store): Store {
  const { creations } = store;
  const begin: typeof creations.begin = (task, kind, key, now) =>
    creations.begin(task, kind, key, now) && kind === 'command';
  return { ...store, creations: { ...creations, begin } };
}
