import { answer, tell } from '../../../support/daemon/channel.ts';
import type { Armed, Told } from '../daemon.ts';

/** Where this daemon dies, once it has been told; told at its start by the environment, later by its parent. */
let armed: Armed | null = JSON.parse(process.env.ORCH_TEST_CRASH ?? 'null');
let passed: Record<string, number> = {};

const kill = process.kill.bind(process);

/** A crash point: here the daemon is gone without another word, if that is what it was told. */
export function pass(point: string): void {
  passed[point] = (passed[point] ?? 0) + 1;
  if (armed?.point !== point) return;
  armed = { point, hit: armed.hit - 1 };
  if (armed.hit > 0) return;
  kill(process.pid, 'SIGKILL');
  // The signal may be a moment late, and nothing must happen in it.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

export function tellOf(about: Told): void {
  tell({ kind: 'told', about });
}

export function answerParent(): void {
  answer<Armed | null>('arm', wanted => {
    armed = wanted;
    passed = {};
  });
  answer('passed', () => passed);
  process.on('exit', () => tellOf({ kind: 'ending', passed }));
}
