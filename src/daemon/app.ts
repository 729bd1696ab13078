import { resolve } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AppCredentials } from '../config/environment.ts';
import { carriedSettings } from '../config/repository.ts';
import { contextPlaces } from '../context/place.ts';
import type { Ask } from '../forge/wish.ts';
import { createApp, EVENTS } from '../github/app.ts';
import { githubAsk } from '../github/asked.ts';
import { connectGithub } from '../github/client.ts';
import { guardedFetch } from '../github/client-fetch.ts';
import { startFollowing } from '../github/follow.ts';
import { githubForge } from '../github/forge.ts';
import { createFront } from '../github/front.ts';
import { startInbox } from '../github/inbox.ts';
import { GITHUB_LIMITS, openPace } from '../github/pace.ts';
import { decided } from '../github/places.ts';
import { pullWords } from '../github/pull-words.ts';
import { openPulls } from '../github/pulls.ts';
import { startReach } from '../github/reach.ts';
import { startRedelivery } from '../github/redeliver.ts';
import { openReplies } from '../github/replies.ts';
import { startReporter } from '../github/report/reporter.ts';
import { confirmRequester } from '../github/requester.ts';
import { type Daemon, type DaemonOptions, startDaemon } from './daemon.ts';
import { openHome } from './home.ts';
import { createProbot } from './probot.ts';

export interface AppOptions extends Omit<DaemonOptions, 'home' | 'forge' | 'contextOf'> {
  credentials: AppCredentials;
}

export interface App extends Daemon {
  ask: Ask;
  /** Takes webhook requests; false for others. */
  front: ReturnType<typeof createFront>;
}

/** Looking where webhooks should have told: each look is a call, of which GitHub takes 5,000 an hour. */
const FOLLOW_SECONDS = 300;
const REACH_SECONDS = 900;
const REDELIVER_SECONDS = 300;

/** The daemon as a GitHub App: webhooks in, pull requests and reports out. Errors: E_HOME, E_SECOND_DAEMON, E_DATABASE… */
export async function startApp(options: AppOptions): Promise<App> {
  const { settings, credentials, clock, log, secrets } = options;
  await using stack = new AsyncDisposableStack();
  const home = stack.use(openHome(settings, clock));
  const { store } = home;
  const send = guardedFetch(secrets);
  const probot = createProbot(credentials, send);
  const pace = openPace({
    clock,
    log,
    send,
    limits: settings.github.throttle ? GITHUB_LIMITS : [],
    recent: installation => store.creations.recent(installation, clock.now() - 3600_000),
  });
  const { webBaseUrl } = credentials;
  const github = connectGithub(probot, { webBaseUrl, clock, pace });
  const shared = { store, github, clock, log };
  const carried = carriedSettings(settings);
  const pulls = openPulls(shared);
  const confirm = confirmRequester({
    github,
    bots: settings.policies.bots,
    permissions: task => carried(task.settings).permissions,
  });
  const forge = githubForge({
    github,
    webBaseUrl,
    secrets,
    files: task => home.paths.files(task.repository),
    pulls,
    words: pullWords(shared),
    confirm,
  });
  const contexts = resolve(settings.orchestrator.home, settings.context.directory);
  const contextOf = contextPlaces(contexts, store.marks);
  const daemon = stack.use(await startDaemon({ ...options, home, forge, contextOf }));

  const reporter = startReporter({
    ...shared,
    get sandbox() {
      return daemon.sandbox();
    },
  });
  stack.defer(() => reporter.stop());
  const ended = (task: number) => decided(shared, task);
  const follower = startFollowing({ ...shared, pulls, ended, intervalSeconds: FOLLOW_SECONDS });
  stack.defer(() => follower.stop());
  const { rollBack } = daemon.checkpoints;
  const context = { ...shared, settings, replies: openReplies(shared), rollBack };
  await probot.load(createApp(context));
  const inbox = startInbox({
    store,
    clock,
    log,
    async handle({ delivery, event, payload }) {
      // Handlers that ask GitHub nothing would follow each other without a turn in between, and new deliveries wait.
      await nextTurn();
      await probot.receive({ id: delivery, name: event, payload: JSON.parse(payload) } as never);
    },
  });
  stack.defer(() => inbox.stop());
  const reach = startReach({ ...shared, intervalSeconds: REACH_SECONDS });
  stack.defer(() => reach.stop());
  const redelivery = startRedelivery({ ...shared, events: EVENTS, intervalSeconds: REDELIVER_SECONDS });
  stack.defer(() => redelivery.stop());
  const front = createFront({
    store,
    clock,
    log,
    secret: credentials.webhookSecret,
    path: settings.github.webhookPath,
    events: EVENTS,
    wake: inbox.wake,
  });
  // First of all: what is waited for here would wait for its turn.
  stack.defer(() => pace.stop());
  const running = stack.move();
  return { ...daemon, ask: githubAsk(context), front, [Symbol.asyncDispose]: () => running.disposeAsync() };
}
