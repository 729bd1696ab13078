import { ownProgram } from '../../shared/own-programs.ts';
import { readyMounts } from './mounts.ts';
import { type Network, networkEnvironment } from './network.ts';
import type { Sandbox } from './sandbox.ts';
import { type Mount, viewOf } from './view.ts';

// --die-with-parent: with the launch script goes everything, and with the agent what it left in the background. It is
// not the daemon's death that counts: the script is tmux's child. A new session would cut the agent off from ^C, and
// what it could type into its own terminal (TIOCSTI) nobody outside reads.
const APART = [
  ...['--unshare-user', '--disable-userns', '--unshare-pid', '--unshare-ipc', '--unshare-uts'],
  ...['--unshare-cgroup-try', '--die-with-parent', '--cap-drop', 'ALL'],
];

// Root without capabilities still owns these, and could have the kernel run a program of its own outside (core_pattern):
// bwrap covers them only where it finds them writable, which its own check denies root by then.
const KERNEL = ['sys', 'sysrq-trigger', 'irq', 'bus'].flatMap(name => {
  return ['--ro-bind-try', `/proc/${name}`, `/proc/${name}`];
});

// It lasts as long as the program in it, which gets ^C and SIGTERM like the rest of the terminal's group.
const LASTING = ['/bin/sh', '-c', `trap '' INT QUIT TERM; exec "$@"`, 'sh'];

/** bubblewrap: Linux namespaces without a daemon and without root. `program` is its absolute path. */
export function bubblewrap(program: string, network: Network): Sandbox {
  return {
    kind: 'bwrap',
    network,
    end: async () => {},
    enclose(places, { offline = false } = {}) {
      const reached = offline ? 'none' : network;
      const view = viewOf(places);
      const prefix = [
        ...[...LASTING, program, ...APART, ...(reached === 'open' ? [] : ['--unshare-net'])],
        ...view.links.flatMap(({ path, target }) => ['--symlink', target, path]),
        ...readyMounts(view.mounts).flatMap(mountArguments),
        ...['--proc', '/proc', ...KERNEL, '--dev', '/dev', '--remount-ro', '/', '--chdir', places.tree, '--'],
      ];
      const relay = reached === 'listed' ? ['--relay', places.egress] : [];
      return {
        prefix,
        session: [process.execPath, ...ownProgram('inside'), ...relay, '--'],
        environment: networkEnvironment(view.environment, reached),
      };
    },
  };
}

function mountArguments({ path, kind, from }: Mount): string[] {
  switch (kind) {
    case 'read':
      return ['--ro-bind', from, path];
    case 'write':
    case 'private':
      return ['--bind', from, path];
    case 'empty':
      return ['--tmpfs', path];
    case 'nothing':
      return ['--ro-bind', '/dev/null', path];
    default:
      return kind satisfies never;
  }
}
