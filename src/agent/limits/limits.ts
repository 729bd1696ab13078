/** What a run may take of the host; null is no limit. */
export interface RunLimits {
  memoryMb: number | null;
  /** 100 is a core. */
  cpuPercent: number | null;
  /** Processes and threads at once: what a fork bomb comes to. */
  processes: number | null;
}

export const UNLIMITED: RunLimits = { memoryMb: null, cpuPercent: null, processes: null };

/** What a run has taken; null where the host does not count it. */
export interface Usage {
  memoryMb: number | null;
  cpuSeconds: number | null;
}

/** Everything that a run starts, held together by the kernel, whatever it does to leave. */
export interface Group {
  /** For /bin/sh, run first by the launch script: from then on all that it starts is in the group. */
  enter: string;
  usage(): Usage;
  /** The kernel ended processes of it for want of the memory that it may take. */
  ranOutOfMemory(): boolean;
  /** Its live processes. */
  pids(): number[];
  /** Nothing of it is alive any more. With the last group goes what held them; what is gone already is no error. */
  remove(): void;
}

export interface Groups {
  readonly kind: 'cgroup2' | 'cgroup1' | 'rlimit';
  /** The group of a run, made anew with these limits. */
  make(run: string, limits: RunLimits): Group;
  /** The group of a run as an earlier process made it. */
  find(run: string): Group;
  /** The runs that have a group. */
  runs(): string[];
}
