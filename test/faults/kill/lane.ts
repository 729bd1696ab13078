import { watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { closeTerminals, openTerminals } from '../../../src/agent/terminals.ts';
import { homePaths } from '../../../src/config/paths.ts';
import { silentLog } from '../../../src/shared/log.ts';
import { type Simulator, startSimulator } from '../../../src/simulator/simulator.ts';
import { removeGroups } from '../../support/groups.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { agentProfiles } from './agents.ts';
import { type Bell, hangBell } from './bell.ts';
import type { Armed } from './daemon.ts';
import { startTestDaemon, type TestDaemon } from './daemon.ts';
import { checkDatabase } from './database.ts';

/** A simulated GitHub and the daemons that work for it, one after the other on one home: each goes on where a kill left off. */
export interface Lane extends AsyncDisposable {
  readonly github: Simulator;
  readonly home: string;
  /** Where agents write what they did. */
  readonly notes: string;
  readonly bell: Bell;
  /** What is waited for from now on ends when this does. */
  give(signal: AbortSignal): void;
  /** The daemon of this moment; it may be gone already. */
  daemon(): TestDaemon;
  /** What to do while the daemon is down after a kill that was asked for, and just after the next one has begun. */
  onCrash(hooks: { down(): Promise<void>; up(): Promise<void> } | null): void;
  /** How many kills at crash points there were. */
  kills(): number;
  /** Ends the daemon by a signal, and starts another one that may be armed. */
  restart(signal: 'SIGKILL' | 'SIGTERM', armed?: Armed | null): Promise<void>;
  /** Throws when a daemon has ended that nobody had asked to. */
  check(): void;
}

export async function openLane(): Promise<Lane> {
  await using stack = new AsyncDisposableStack();
  const { path: home } = stack.use(await temporaryDirectory());
  const github = stack.use(await startSimulator());
  github.addUser('writer');
  let signal = new AbortController().signal;
  const bell = hangBell(() => signal);
  const notes = join(home, 'notes');
  writeFileSync(join(home, 'orch.yaml'), stringify(settings(notes)));
  const watcher = watch(notes, () => bell.ring());
  stack.defer(() => watcher.close());
  github.onExchange(bell.ring);
  github.onDelivery(bell.ring);

  let kills = 0;
  let hooks: { down(): Promise<void>; up(): Promise<void> } | null = null;
  let failure: Error | null = null;
  let isStopping = false;
  let daemon: TestDaemon;

  async function boot(armed: Armed | null): Promise<void> {
    const started = startTestDaemon({
      home,
      armed,
      news: bell.ring,
      env: { ...process.env, ...github.credentials },
    });
    daemon = started;
    void started.ended.then(how => (isStopping ? null : revive(started, how))).catch(fail);
    const port = await started.port;
    if (port === null) return;
    github.setWebhook(`http://127.0.0.1:${port}/api/github/webhooks`);
    await hooks?.up();
  }

  async function revive(ended: TestDaemon, how: NodeJS.Signals | null): Promise<void> {
    if (how !== 'SIGKILL') throw new Error(`the daemon has ended by itself: ${ended.said()}`);
    await crashed();
    await boot(null);
    bell.ring();
  }

  async function crashed(): Promise<void> {
    kills += 1;
    await checkDatabase(homePaths(home).database);
    await hooks?.down();
  }

  function fail(error: Error): void {
    failure ??= error;
    bell.ring();
  }

  async function stop(how: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    isStopping = true;
    const { ended } = daemon;
    await daemon.kill(how);
    if (how === 'SIGTERM' && (await ended) === 'SIGKILL') await crashed();
    isStopping = false;
  }

  stack.defer(() => removeGroups(home));
  stack.defer(() => closeTerminals(openTerminals({ directory: homePaths(home).tmux, log: silentLog() })));
  await boot(null);
  stack.defer(() => stop('SIGTERM'));
  const owned = stack.move();
  return {
    github,
    home,
    notes,
    bell,
    give: wanted => {
      signal = wanted;
    },
    daemon: () => daemon,
    onCrash: wanted => {
      hooks = wanted;
    },
    kills: () => kills,
    async restart(how, armed = null) {
      await stop(how);
      await boot(armed);
    },
    check() {
      if (failure) throw failure;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function settings(notes: string) {
  return {
    github: { throttle: false },
    agents: agentProfiles(notes),
    sandbox: { kind: 'none', allow_unsandboxed: true },
    task_queue: { retry_delay_seconds: 0, stop_grace_seconds: 1 },
    workspaces: { keep_days: 0 },
    server: { port: 0 },
  };
}
