import { join, resolve } from 'node:path';
import { filesDirectory } from '../agent/profile-launch.ts';
import type { Sandboxes } from '../agent/sandbox/choose.ts';
import { probe } from '../agent/sandbox/probe.ts';
import type { Enclosure, SandboxKind } from '../agent/sandbox/sandbox.ts';
import type { Paths } from '../config/paths.ts';
import type { Settings } from '../config/settings.ts';
import { type Run, runName, type Task } from '../task/glossary.ts';
import { locateWorkspace, type Workspace } from '../workspace/workspace.ts';
import type { Repositories } from './git.ts';
import { limitsOf } from './limits.ts';

export interface ConfineOptions {
  sandboxes: Sandboxes;
  paths: Paths;
  settings: Settings;
  repositories: Repositories;
  environment(run: Run, sandbox: SandboxKind): Record<string, string>;
  /** Orch's home, and files that no agent may see, wherever they lie. */
  hidden: readonly string[];
}

export type Confine = (
  task: Task,
  run: Run,
  options?: {
    offline?: boolean;
    terminal?: boolean;
    /** Worktree and repository can be read, and no more. */
    readOnly?: boolean;
    /** Another workspace than the run's, in which no agent works: nothing of a login is there, and the network is the agent's. */
    instead?: Workspace;
  },
) => Promise<Enclosure>;

/** How the programs of a run are started, in the sandbox that the host has. Errors: E_SANDBOX_UNAVAILABLE, E_SETTINGS. */
export function confinement(options: ConfineOptions): Confine {
  const { paths, settings } = options;
  return async (task, run, enclosing) => {
    const name = runName(run.task, run.number);
    const directory = paths.run(name);
    const instead = enclosing?.instead;
    const workspace = instead ?? locateWorkspace(paths.workspaces, run.workspace);
    const profile = settings.profiles.find(each => each.name === run.profile);
    const store = await options.repositories.store(task);
    const sandbox = await options.sandboxes.find();
    const places = [workspace.tree, workspace.repository];
    const isReadOnly = enclosing?.readOnly === true;
    const enclosure = sandbox.enclose(
      {
        run: name,
        tree: workspace.tree,
        own: isReadOnly ? [] : places,
        home: join(workspace.directory, 'home'),
        temporary: join(workspace.directory, 'tmp'),
        read: [
          ...(isReadOnly ? places : []),
          join(store.directory, 'objects'),
          paths.sockets(name),
          join(directory, 'bin'),
          join(directory, 'prompt.md'),
          filesDirectory(directory),
          workspace.context,
        ],
        egress: join(paths.sockets(name), 'egress.sock'),
        command: instead
          ? []
          : [...(profile?.command ?? []), ...((run.keyboard !== null && profile?.interactive) || [])],
        expose: (instead ? null : profile?.expose) ?? { read: [], write: [] },
        hidden: options.hidden,
        limits: limitsOf(settings, profile ?? { memoryMb: null, cpuPercent: null }),
        environment: options.environment(run, sandbox.kind),
      },
      enclosing,
    );
    // Before each session; what runs offline is a program of Orch's own choice.
    if (sandbox.kind !== 'none' && !enclosing?.offline && !instead) {
      const broker = join(paths.sockets(name), 'broker.sock');
      const { tree } = workspace;
      await probe(enclosure, { tree, outside: directory, broker, network: sandbox.network });
    }
    return enclosure;
  };
}

/** Files that may lie in a folder which agents see, and that they must not. */
export function secretFiles({ PRIVATE_KEY_PATH, ORCH_CONFIG }: NodeJS.ProcessEnv): string[] {
  return ['.env', 'orch.yaml', PRIVATE_KEY_PATH, ORCH_CONFIG].flatMap(file => (file ? [resolve(file)] : []));
}

/** What every check run says. */
export const CONFINED: Record<SandboxKind | 'missing', string> = {
  bwrap: 'The agent runs in a sandbox (bubblewrap).',
  container: 'The agent runs in a sandbox (container).',
  none: 'The agent runs **without a sandbox**, as the user that Orch runs as.',
  missing: 'The host has no sandbox to give, and without one no agent runs.',
};
