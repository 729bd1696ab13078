import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { ended } from './git.ts';

/**
 * Packs what leads to a commit, without what leads to the known ones, and hands it to `send`. What lies in the daemon's
 * store, from which this repository borrows, need not be sent: --local.
 */
export async function sendPack<T>(
  { cwd, env }: { cwd: string; env: NodeJS.ProcessEnv },
  sha: string,
  known: readonly string[],
  send: (pack: Readable) => Promise<T>,
): Promise<T> {
  const packing = spawn('git', ['pack-objects', '--revs', '--local', '--thin', '--stdout', '-q'], {
    cwd,
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  packing.stdin.on('error', () => {}); // It says itself why it ended early, and the broker refuses half a pack.
  packing.stdin.end([sha, ...known.map(each => `^${each}`), ''].join('\n'));
  const [answer] = await Promise.all([send(packing.stdout), ended(packing)]);
  return answer;
}
