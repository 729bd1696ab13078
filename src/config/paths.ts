import { join } from 'node:path';

export type Paths = ReturnType<typeof homePaths>;

/** Everything that Orch keeps, below its home directory. */
export function homePaths(home: string) {
  return {
    home,
    database: join(home, 'orch.db'),
    backups: join(home, 'backups'),
    /** The command line talks to the daemon here. */
    socket: join(home, 'daemon.sock'),
    log: join(home, 'logs', 'orch.log'),
    tmux: join(home, 'tmux'),
    /** Orch's own copies of repositories; src/workspace/store.ts makes it. */
    stores: join(home, 'stores'),
    workspaces: join(home, 'workspaces'),
    /** The folders whose entries are named after runs. */
    ofRuns: ['workspaces', 'runs', 'logs', 'results'].map(folder => join(home, folder)),
    run: (run: string) => join(home, 'runs', run),
    /** Where a run's sockets lie; its agent sees this folder, and in it those of a daemon that was restarted too. */
    sockets: (run: string) => join(home, 'runs', run, 'sockets'),
    runLog: (run: string) => join(home, 'logs', `${run}.log`),
    result: (run: string) => join(home, 'results', `${run}.json`),
    /** Files to copy into workspaces, such as `.env`: put here by whoever runs the server. */
    files: (repository: string) => join(home, 'files', ...repository.split('/')),
  };
}

/** By how many bytes the longest of a run's sockets is too long for a unix socket: 107 are taken on Linux, 103 elsewhere. */
export function excessOfSockets(home: string, run: string): number {
  const longest = join(homePaths(home).sockets(run), 'broker.sock');
  return Math.max(0, Buffer.byteLength(longest) - (process.platform === 'linux' ? 107 : 103));
}
