import { basename } from 'node:path';
import { ownProgram } from '../../shared/own-programs.ts';
import { runProgram, tryProgram } from '../../shared/program.ts';
import type { RunLimits } from '../limits/limits.ts';
import { readyMounts } from './mounts.ts';
import { type Network, networkEnvironment } from './network.ts';
import { unavailable } from './probe.ts';
import type { Sandbox } from './sandbox.ts';
import { type Mount, viewOf } from './view.ts';

export interface ContainerOptions {
  /** The absolute path of docker or podman. */
  engine: string;
  /** The image, which has the agents' programs; it is never pulled by Orch. */
  image: string;
  network: Network;
  /** The daemon's environment: how its engine is reached. */
  env: NodeJS.ProcessEnv;
}

/** The engine's own variables. The agent's environment, which its command line runs in, does not have them. */
const OF_ENGINE = ['DOCKER_HOST', 'DOCKER_CONTEXT', 'DOCKER_CONFIG', 'CONTAINER_HOST', 'XDG_RUNTIME_DIR'];

/** The folders of an image for programs. */
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Tells a run's containers from those of others. */
const LABEL = 'orch.tree';

/** A container for each program of a run: by the command line that docker and podman share. */
export function container({ engine, image, network, env }: ContainerOptions): Sandbox {
  const reaching = OF_ENGINE.flatMap(name => (env[name] ? [`${name}=${env[name]}`] : []));
  return {
    kind: 'container',
    network,
    enclose(places, { offline = false, terminal = false } = {}) {
      const reached = offline ? 'none' : network;
      const view = viewOf(places, 'image');
      const [bin = ''] = (places.environment.PATH ?? '').split(':');
      const fixed = { HOME: view.environment.HOME ?? '', PATH: `${bin}:${PATH}`, TMPDIR: '/tmp' };
      const environment = networkEnvironment(view.environment, reached);
      const named = Object.keys(environment).filter(name => !(name in fixed));
      const prefix = [
        ...['/usr/bin/env', ...reaching, engine, 'run', '--rm', '--init', '--interactive', '--pull', 'never'],
        ...(terminal ? ['--tty'] : []),
        ...['--label', `${LABEL}=${places.tree}`, '--network', reached === 'open' ? 'bridge' : 'none'],
        ...limitArguments(places.limits),
        ...['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--read-only', ...user(engine)],
        ...readyMounts(view.mounts).flatMap(mountArguments),
        // Without a value it is taken from the engine's own environment, and stands in no argument list.
        ...named.flatMap(name => ['--env', name]),
        ...Object.entries(fixed).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
        ...['--workdir', places.tree, '--entrypoint', '', image],
      ];
      const relay = reached === 'listed' ? ['--relay', places.egress] : [];
      const session = [process.execPath, ...ownProgram('inside'), '--forward', ...relay, '--'];
      return { prefix, session, environment };
    },
    async end(tree) {
      const list = await runProgram(
        engine,
        ['ps', '--all', '--quiet', '--filter', `label=${LABEL}=${tree}`],
        { env },
      );
      const ids = list.split('\n').filter(id => id !== '');
      if (ids.length > 0) await runProgram(engine, ['rm', '--force', ...ids], { env });
    },
  };
}

/** Whether the engine answers and has the image. Errors: E_SANDBOX_UNAVAILABLE. */
export async function requireImage({ engine, image, env }: ContainerOptions): Promise<void> {
  const name = basename(engine);
  const asked = await tryProgram(engine, ['image', 'inspect', '--format', '{{.Id}}', image], { env });
  if (asked.exitCode === 0) return;
  throw unavailable(`${name} has no image ${image} (${asked.stderr.trim()}). Pull it: ${name} pull ${image}`);
}

function limitArguments({ memoryMb, cpuPercent, processes }: RunLimits): string[] {
  return [
    // With as much swap as memory there is none beside it.
    ...(memoryMb === null ? [] : ['--memory', `${memoryMb}m`, '--memory-swap', `${memoryMb}m`]),
    ...(cpuPercent === null ? [] : ['--cpus', String(cpuPercent / 100)]),
    ...(processes === null ? [] : ['--pids-limit', String(processes)]),
  ];
}

// Rootless podman maps the user to root unless told; files would be somebody else's.
function user(engine: string): string[] {
  const keep = basename(engine) === 'podman' && process.getuid?.() !== 0 ? ['--userns', 'keep-id'] : [];
  return ['--user', `${process.getuid?.()}:${process.getgid?.()}`, ...keep];
}

function mountArguments({ path, kind, from }: Mount): string[] {
  const odd = [path, from].find(each => /[,"\n]/.test(each));
  if (odd !== undefined)
    throw unavailable(`a container can't have ${JSON.stringify(odd)}, for its comma or quote`);
  switch (kind) {
    case 'read':
      return ['--mount', `type=bind,source=${from},target=${path},readonly`];
    case 'write':
    case 'private':
      return ['--mount', `type=bind,source=${from},target=${path}`];
    case 'empty':
      return ['--mount', `type=tmpfs,target=${path}`];
    case 'nothing':
      return ['--mount', `type=bind,source=/dev/null,target=${path},readonly`];
    default:
      return kind satisfies never;
  }
}
