import { lstatSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { type Network, networkEnvironment } from './network.ts';
import { isWithin } from './programs.ts';
import type { Sandbox } from './sandbox.ts';
import { type Mount, viewOf } from './view.ts';

/** Runs first in a session's sandbox; built, it is JavaScript. */
const INSIDE = join(import.meta.dirname, `inside${extname(import.meta.filename)}`);

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

/** bubblewrap: Linux namespaces without a daemon and without root. `program` is its absolute path. */
export function bubblewrap(program: string, network: Network): Sandbox {
  return {
    kind: 'bwrap',
    network,
    enclose(places, { offline = false } = {}) {
      const reached = offline ? 'none' : network;
      const view = viewOf(places);
      const prefix = [
        ...[program, ...APART, ...(reached === 'open' ? [] : ['--unshare-net'])],
        ...view.links.flatMap(({ path, target }) => ['--symlink', target, path]),
        ...held(view.mounts).flatMap(mountArguments),
        ...['--proc', '/proc', ...KERNEL, '--dev', '/dev', '--remount-ro', '/', '--chdir', places.tree, '--'],
      ];
      const relay = reached === 'listed' ? ['--relay', places.egress] : [];
      return {
        prefix,
        session: [process.execPath, INSIDE, ...relay],
        environment: networkEnvironment(view.environment, reached),
      };
    },
  };
}

/**
 * Makes the private folders, and in them the places where something else is mounted. Each folder on the way there is
 * mounted onto itself: what is a mount can't be renamed or removed by the agent, who else could put a link in its place
 * and lead the next sandbox of the run astray while it is made.
 */
function held(mounts: readonly Mount[]): Mount[] {
  const all = new Map<string, Mount>();
  for (const mount of mounts) {
    if (mount.kind === 'private') makePlace(mount.from, 'folder');
    const around = mounts.findLast(each => each !== mount && isWithin(each.path, mount.path));
    if (around?.kind === 'private') {
      const names = relative(around.path, mount.path).split(sep);
      names.forEach((_, index) => {
        const path = join(around.path, ...names.slice(0, index + 1));
        const from = join(around.from, ...names.slice(0, index + 1));
        const isLast = index === names.length - 1;
        makePlace(from, isLast && !isFolder(mount) ? 'file' : 'folder');
        if (!isLast && !all.has(path)) all.set(path, { path, from, kind: 'write' });
      });
    }
    all.set(mount.path, mount);
  }
  return [...all.values()];
}

/** Nothing of the run is alive when its places are made; what it left in the way makes room. */
function makePlace(path: string, kind: 'folder' | 'file'): void {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (kind === 'folder' ? there?.isDirectory() : there?.isFile()) return;
  rmSync(path, { recursive: true, force: true });
  if (kind === 'file') writeFileSync(path, '');
  else mkdirSync(path, { recursive: true, mode: 0o700 });
}

function isFolder({ kind, from }: Mount): boolean {
  return kind === 'private' || kind === 'empty' || statSync(from).isDirectory();
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
