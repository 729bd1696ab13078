import { join } from 'node:path';
import { type DaemonProcess, startDaemonProcess } from '../../support/daemon/process.ts';

/** A crash point and how often it is passed before the daemon dies there: 1 for the first time. */
export interface Armed {
  point: string;
  hit: number;
}

/** Unasked: something was committed, or the points that one has passed up to its end when it was asked to stop. */
export type Told = { kind: 'news' } | { kind: 'ending'; passed: Record<string, number> } | null;

export interface TestDaemon extends DaemonProcess {
  /** Counts from now on. */
  arm(armed: Armed | null): Promise<void>;
  /** The points passed since it was armed, also those up to its end when it was asked to stop; null after a kill. */
  passed(): Promise<Record<string, number> | null>;
}

/** A daemon with crash points; `news` is called whenever it has written something, and when it has ended. */
export function startTestDaemon(options: {
  home: string;
  env: NodeJS.ProcessEnv;
  armed: Armed | null;
  news(): void;
}): TestDaemon {
  const { home, armed, news } = options;
  let last: Record<string, number> | null = null;
  const daemon = startDaemonProcess({
    home,
    env: { ...options.env, ...(armed && { ORCH_TEST_CRASH: JSON.stringify(armed) }) },
    preload: join(import.meta.dirname, 'child', 'preload.ts'),
    told(about) {
      const told = about as Told;
      if (told?.kind === 'ending') last = told.passed;
      news();
    },
  });
  return {
    ...daemon,
    arm: async wanted => void (await daemon.ask('arm', wanted)),
    passed: async () => last ?? (await daemon.ask('passed')),
  };
}
