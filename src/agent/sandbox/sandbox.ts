import type { RunLimits } from '../limits/limits.ts';
import type { Network } from './network.ts';

/** What a run's programs may see of this machine, beside its system. Paths are absolute, and the same inside and out. */
export interface Places {
  /** `T42.1`. */
  run: string;
  /** Where the agent works; programs start here. */
  tree: string;
  /** Theirs to write: the worktree, the run's repository. */
  own: readonly string[];
  /** Folders on disk that stand for the home and for `/tmp`; made if need be. */
  home: string;
  temporary: string;
  /** Theirs to read: borrowed objects, the folder of the run's sockets, its commands, its prompt. */
  read: readonly string[];
  /** The socket of the proxy, for a network of listed hosts. */
  egress: string;
  /** The agent's command: its program and the files that it names can be read. */
  command: readonly string[];
  /** What the profile exposes: logins, mostly. */
  expose: { read: readonly string[]; write: readonly string[] };
  /** Never to be seen, whatever folder they lie in: Orch's home, which nothing that is exposed may hold, and files. */
  hidden: readonly string[];
  /** What the run may take: for an engine that starts its programs elsewhere than below the launch script. */
  limits: RunLimits;
  /** What the programs see, as made by `agentEnvironment`. */
  environment: Record<string, string>;
}

/** How to start a program of a run: the words to put before its own, and its environment. */
export interface Enclosure {
  prefix: readonly string[];
  /** More such words, for what runs in the session: it takes ^C, and may use the network. */
  session: readonly string[];
  environment: Record<string, string>;
}

export type SandboxKind = 'bwrap' | 'container' | 'none';

/** What shuts the programs of a run in. */
export interface Sandbox {
  readonly kind: SandboxKind;
  readonly network: Network;
  /**
   * Makes the places ready. `offline` leaves out the network, whatever the settings give; `terminal` is for a program that
   * a person works in.
   */
  enclose(places: Places, options?: { offline?: boolean; terminal?: boolean }): Enclosure;
  /** Ends what of a run the death of its processes here does not end; `tree` tells which run. */
  end(tree: string): Promise<void>;
}

/** Programs run as they are: with the user, the files and the network of Orch itself. */
export const unsandboxed: Sandbox = {
  kind: 'none',
  network: 'open',
  end: async () => {},
  enclose: ({ environment }) => ({ prefix: [], session: [], environment }),
};
