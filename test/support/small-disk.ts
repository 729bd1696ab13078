import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SmallDisk extends Disposable {
  /** Leaves no byte free. */
  fill(): void;
  /** Takes away what filled it. */
  empty(): void;
  resize(megabytes: number): void;
}

/** Why no disk can be mounted here; null where it can. */
export const noMount = findNoMount();

/** A disk in memory of so many MB, mounted at this folder until the end of the scope. */
export function smallDisk(path: string, megabytes: number): SmallDisk {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  mount('-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0700`, 'orch-test', path);
  const filler = join(path, 'filler');
  return {
    fill() {
      const file = openSync(filler, 'a');
      const block = Buffer.alloc(4096);
      try {
        for (;;) writeSync(file, block);
      } catch {
        // That was the last one.
      } finally {
        closeSync(file);
      }
    },
    empty: () => rmSync(filler),
    resize: size => mount('-o', `remount,size=${size}m`, path),
    [Symbol.dispose]: () => void execFileSync('umount', ['--lazy', path]),
  };
}

function mount(...args: string[]): void {
  execFileSync('mount', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

function findNoMount(): string | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    return 'only root of a Linux may mount a disk';
  const path = mkdtempSync(join(tmpdir(), 'mount-probe-'));
  try {
    using _disk = smallDisk(path, 1);
    return statfsSync(path).type === 0x01021994 ? null : 'the mounted disk is not there';
  } catch {
    return 'nothing can be mounted here';
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}
