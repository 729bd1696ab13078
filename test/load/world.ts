import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { closeTerminals, openTerminals } from '../../src/agent/terminals.ts';
import { homePaths } from '../../src/config/paths.ts';
import { silentLog } from '../../src/shared/log.ts';
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts';
import { type DaemonProcess, startDaemonProcess } from '../support/daemon/process.ts';
import { removeGroups } from '../support/groups.ts';
import { temporaryDirectory } from '../support/temporary.ts';

export const REPOSITORY = 'acme/shop';

/** A simulated GitHub and a home for a daemon that is not started yet. */
export interface World extends AsyncDisposable {
  github: Simulator;
  home: string;
  /** A folder for what agents write. */
  notes: string;
  /** Starts the daemon; its end is the world's. */
  start(): Promise<{ daemon: DaemonProcess; url: string }>;
}

export async function openWorld(settings: (notes: string) => Record<string, unknown>): Promise<World> {
  await using stack = new AsyncDisposableStack();
  const { path: home } = stack.use(await temporaryDirectory());
  const github = stack.use(await startSimulator());
  github.addUser('acme', { type: 'Organization' });
  github.addUser('writer');
  await github.createRepository({ owner: 'acme', name: 'shop', files: { 'README.md': '# Shop\n' } });
  github.addCollaborator(REPOSITORY, 'writer', 'write');
  github.installApp('acme');
  const notes = join(home, 'notes');
  mkdirSync(notes);
  const common = {
    github: { throttle: false },
    sandbox: { kind: 'none', allow_unsandboxed: true },
    workspaces: { keep_days: 0 },
    server: { port: 0 },
  };
  writeFileSync(join(home, 'orch.yaml'), stringify({ ...common, ...settings(notes) }));
  stack.defer(() => removeGroups(home));
  stack.defer(() => closeTerminals(openTerminals({ directory: homePaths(home).tmux, log: silentLog() })));
  const owned = stack.move();
  return {
    github,
    home,
    notes,
    async start() {
      const daemon = startDaemonProcess({ home, env: { ...process.env, ...github.credentials } });
      owned.defer(() => daemon.kill('SIGTERM'));
      const port = await daemon.port;
      if (port === null) throw new Error(`the daemon did not start: ${daemon.said()}`);
      const url = `http://127.0.0.1:${port}/api/github/webhooks`;
      github.setWebhook(url);
      return { daemon, url };
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
