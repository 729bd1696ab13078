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
  /** The agent's command: its program and the files that it names can be read. */
  command: readonly string[];
  /** What the profile exposes: logins, mostly. */
  expose: { read: readonly string[]; write: readonly string[] };
  /** Never to be seen, whatever folder they lie in: Orch's home, which nothing that is exposed may hold, and files. */
  hidden: readonly string[];
  /** What the programs see, as made by `agentEnvironment`. */
  environment: Record<string, string>;
}

/** How to start a program of a run: the words to put before its own, and its environment. */
export interface Enclosure {
  prefix: readonly string[];
  environment: Record<string, string>;
}

export type SandboxKind = 'bwrap' | 'container' | 'none';

/** What shuts the programs of a run in. */
export interface Sandbox {
  readonly kind: SandboxKind;
  /**
   * Makes the places ready. `terminal` is for what runs in the session: the agent and setup commands, which take ^C and
   * have the network that the settings give; else it is for a single program without terminal and network.
   */
  enclose(places: Places, use: 'terminal' | 'program'): Enclosure;
}

/** Programs run as they are: with the user, the files and the network of Orch itself. */
export const unsandboxed: Sandbox = {
  kind: 'none',
  enclose: ({ environment }) => ({ prefix: [], environment }),
};
