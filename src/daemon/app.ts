import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AppCredentials } from '../config/environment.ts';
import { carriedSettings } from '../config/repository.ts';
import type { Ask } from '../forge/wish.ts';
import { EVENTS, HANDLED, openHandlers } from '../github/app.ts';
import { githubAsk } from '../github/asked.ts';
import { connectGithub } from '../github/client.ts';
import { guardedFetch } from '../github/client-fetch.ts';
import { startFollowing } from '../github/follow.ts';
import { startCi } from '../github/follow-up/ci.ts';
import { createFront } from '../github/front.ts';
import { startInbox } from '../github/inbox.ts';
import { GITHUB_LIMITS, openPace } from '../github/pace.ts';
import { decided } from '../github/places.ts';
import { startPlanReactions } from '../github/plan-reactions.ts';
import { startReach } from '../github/reach.ts';
import { startRedelivery } from '../github/redeliver.ts';
import { openReplies } from '../github/replies.ts';
import { startReporter } from '../github/report/reporter.ts';
import type { Task } from '../task/glossary.ts';
import { actionsEngine, requireEngineOf } from './actions-engine.ts';
import { type LastingHome, openHome } from './home.ts';
import { openLocalEngine } from './local-engine.ts';
import { type OnGithub, type OnGithubOptions, startOnGithub } from './on-github.ts';
import { createProbot } from './probot.ts';

export interface AppOptions extends Omit<OnGithubOptions, 'home' | 'github' | 'webBaseUrl' | 'engine'> {
  credentials: AppCredentials;
}

export interface App extends OnGithub, Pick<LastingHome, 'backUp'> {
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
  const home = stack.use(openHome(settings, options));
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
  requireEngineOf({ store, settings });
  const actions = settings.engine === 'actions' ? actionsEngine(github) : null;
  const engine = actions?.open ?? openLocalEngine;
  const daemon = stack.use(await startOnGithub({ ...options, home, github, webBaseUrl, engine }));
  const { pulls } = daemon;

  const reporter = startReporter({
    ...shared,
    get sandbox() {
      return daemon.sandbox();
    },
  });
  stack.defer(() => reporter.stop());
  const ended = (task: number) => decided(shared, task);
  const { rollBack } = daemon.checkpoints;
  const told = actions === null ? {} : { actions: actions.news };
  const replies = openReplies(shared);
  const { plans } = daemon;
  const known = { ...shared, settings, replies, wanted: {}, elsewhere: null, rollBack, plans, ...told };
  const ci = startCi(known);
  stack.defer(() => ci.stop());
  const context = { ...known, ci, baseMoved: daemon.baseMoved };
  const follower = startFollowing({
    ...{ ...shared, pulls, ended, open: ci.look },
    intervalSeconds: FOLLOW_SECONDS,
  });
  stack.defer(() => follower.stop());
  const handle = openHandlers(context);
  await probot.load(app => {
    for (const name of HANDLED)
      app.on(name as 'issues.labeled', ({ id, payload }) => handle(name, payload, id));
  });
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
  const carried = carriedSettings(settings);
  const permissions = (task: Task) => carried(task.settings).permissions;
  const reactions = startPlanReactions({ ...shared, plans, permissions });
  stack.defer(() => reactions.stop());
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
  const asks = { backUp: home.backUp, ask: githubAsk(context), front };
  return { ...daemon, ...asks, [Symbol.asyncDispose]: () => running.disposeAsync() };
}
