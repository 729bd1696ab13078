import { type Probot, ProbotOctokit } from 'probot';
import { openTalk } from '../../../src/broker/talk.ts';
import { chooser } from '../../../src/choice/choose.ts';
import { carriedSettings } from '../../../src/config/repository.ts';
import { loadSettings } from '../../../src/config/settings.ts';
import { startChains } from '../../../src/daemon/chains.ts';
import { startCleaner } from '../../../src/daemon/cleaner.ts';
import { openKeeper } from '../../../src/daemon/keeper.ts';
import { openPlans } from '../../../src/daemon/plans.ts';
import { policyOf } from '../../../src/daemon/policy.ts';
import { startProofs } from '../../../src/daemon/proofs.ts';
import { pullStage } from '../../../src/daemon/pull-stage.ts';
import { rollBackIn } from '../../../src/daemon/rollback-asked.ts';
import { EVENTS, openHandlers } from '../../../src/github/app.ts';
import { connectGithub } from '../../../src/github/client.ts';
import { startFollowing } from '../../../src/github/follow.ts';
import { githubForge } from '../../../src/github/forge.ts';
import { startInbox } from '../../../src/github/inbox.ts';
import { GITHUB_LIMITS, openPace } from '../../../src/github/pace.ts';
import { decided } from '../../../src/github/places.ts';
import { pullWords } from '../../../src/github/pull-words.ts';
import { openPulls } from '../../../src/github/pulls.ts';
import { openReplies } from '../../../src/github/replies.ts';
import { startReporter } from '../../../src/github/report/reporter.ts';
import { confirmRequester } from '../../../src/github/requester.ts';
import { startScheduler } from '../../../src/scheduler/scheduler.ts';
import { silentLog } from '../../../src/shared/log.ts';
import { openSecrets } from '../../../src/shared/secrets/secrets.ts';
import { openStore, type Store } from '../../../src/store/open.ts';
import type { Proof } from '../../../src/store/proofs.ts';
import type { Run, Task } from '../../../src/task/glossary.ts';
import { appToken, type SimulatedDelivery, URL_OF_GITHUB } from './github.ts';
import { type Publisher, type Surroundings, stagesOn } from './host.ts';
import { type Life, mortalClock, mortalConnection } from './life.ts';

export interface Orch {
  store: Store;
  /** Takes a delivery; false for events that it does not handle. */
  take(delivery: SimulatedDelivery): boolean;
  broker(run: string): Publisher | null;
  wake(task: number): void;
  /** The run's agent asks people something, and nobody answers at once. */
  ask(run: string): void;
  /** SIGKILL: nothing of it goes on, at whatever point it was. */
  kill(): void;
  /** SIGTERM. */
  stop(): Promise<void>;
}

const { settings: SETTINGS } = loadSettings({
  env: { HOME: '/nowhere' },
  text: `
agents:
  claude: { command: [claude], max_instances: 2 }
  codex: { command: [codex], max_instances: 2, timeout_seconds: 1200 }
limits: { concurrent: 3 }
task_queue: { max_retries: 2 }
`,
});

/** All of Orch but sockets, git and tmux, as the daemon puts it together. */
/** What the tests show depends on the commit alone. */
function proofOf({ baseSha, head }: Task): Proof {
  const verdict = ['proven', 'unproven', 'broken', 'not_run'] as const;
  return {
    ...{ base: baseSha as string, head: head as string, reason: 'the tests say so', command: 'npm test' },
    ...{ tests: [], failedBefore: [], failing: [], flaky: [], runs: [] },
    verdict: verdict[Number.parseInt((head as string).slice(0, 2), 16) % 4] ?? 'proven',
  };
}

export function startOrch(around: Surroundings): Orch {
  const { time } = around;
  const life: Life = { isOver: false };
  const clock = mortalClock(time.ofProcess(), life);
  const log = silentLog();
  const store = openStore(mortalConnection(around.database, life));
  const send = (url: unknown, init: RequestInit = {}) => around.github.fetch(life, url as string, init);
  const recent = (id: number) => store.creations.recent(id, clock.now() - 3600_000);
  const pace = openPace({ clock, log, limits: GITHUB_LIMITS, recent, send });
  const probot = signedIn(around, send) as Probot;
  const github = connectGithub(probot, { webBaseUrl: URL_OF_GITHUB, clock, pace });
  const shared = { store, github, clock, log };
  const carried = carriedSettings(SETTINGS);
  const repositorySettings = (task: Pick<Task, 'settings'>) => carried(task.settings);
  const pulls = openPulls(shared);
  const confirm = confirmRequester({
    github,
    bots: [],
    permissions: task => repositorySettings(task).permissions,
  });
  const secrets = openSecrets();
  const forge = githubForge({
    github,
    webBaseUrl: URL_OF_GITHUB,
    secrets,
    files: () => '/',
    pulls,
    words: pullWords(shared),
    confirm,
  });
  const keeper = openKeeper({ ...shared, settings: SETTINGS, isOver: () => false });
  const { stages, broker } = stagesOn(around, life, {
    ...shared,
    forge,
    secrets,
    heard: keeper.heard,
  });

  const proofs = startProofs({ ...shared, prove: async task => proofOf(task) });
  const reporter = startReporter({ ...shared, sandbox: 'There is no agent.' });
  const follower = startFollowing({
    ...shared,
    pulls,
    ended: task => decided(shared, task),
    open() {},
    intervalSeconds: 240,
  });
  const cleaner = startCleaner({ store, workspace: stages.workspace, clock, log, keepDays: 1 });
  const chains = startChains({ ...shared, pulls: forge.pulls, failedPrerequisite: 'hold' });
  const scheduler = startScheduler({
    store,
    clock,
    log,
    stages: { ...stages, pulls: pullStage(forge) },
    policy: (task, run) => ({
      ...policyOf(SETTINGS, run, repositorySettings(task).agents),
      onLimit: around.onLimit,
    }),
    graceSeconds: SETTINGS.taskQueue.stopGraceSeconds,
    choose: chooser(store, { ...SETTINGS.limits, profiles: SETTINGS.profiles }, repositorySettings),
    promoteAfterMinutes: SETTINGS.taskQueue.promoteLowAfterMinutes,
    sweepSeconds: 120,
  });
  const talk = openTalk({ store, clock });
  const handle = openHandlers({
    ...shared,
    settings: SETTINGS,
    replies: openReplies(shared),
    wanted: {},
    elsewhere: null,
    rollBack: rollBackIn(shared),
    plans: openPlans({ ...shared, budgets: SETTINGS.budgets, redact: text => text }),
  });
  const inbox = startInbox({
    store,
    clock,
    log,
    async handle({ delivery, event, payload }) {
      const parsed = JSON.parse(payload) as { action: string };
      await handle(`${event}.${parsed.action}`, parsed, delivery);
    },
  });

  return {
    store,
    take({ guid, event, payload }) {
      if (!EVENTS.has(event)) return false;
      store.inbox.add(guid, event, payload, clock.now());
      inbox.wake();
      return true;
    },
    broker,
    wake: scheduler.wake,
    ask(name) {
      const [task = 0, run = 0] = name.slice(1).split('.').map(Number);
      const gone = new AbortController();
      void talk.ask(store.runs.get(task, run) as Run, 'Which one?', gone.signal).then(
        told => told?.heard(true),
        () => {},
      );
      gone.abort();
    },
    kill() {
      life.isOver = true;
    },
    async stop() {
      pace.stop();
      await Promise.all([
        keeper.stop(),
        inbox.stop(),
        scheduler.drain(),
        cleaner.stop(),
        chains.stop(),
        follower.stop(),
        proofs.stop(),
        reporter.stop(),
      ]);
      life.isOver = true;
    },
  };
}

const Client = ProbotOctokit.defaults((defaults: object) => ({
  ...defaults,
  throttle: { enabled: false },
  // It waits in real time.
  retry: { enabled: false },
})) as typeof ProbotOctokit;

/** In Probot's place, whose tokens of the App are for the time of the day. */
function signedIn({ github, time }: Surroundings, send: typeof fetch): Pick<Probot, 'auth'> {
  let client: { token: string; octokit: object } | null = null;
  return {
    async auth() {
      const token = appToken(github.world.app.id, time.real.now());
      if (client?.token !== token) {
        const baseUrl = `${URL_OF_GITHUB}/api/v3`;
        client = { token, octokit: new Client({ auth: { token }, baseUrl, request: { fetch: send } }) };
      }
      return client.octokit as never;
    },
  };
}
