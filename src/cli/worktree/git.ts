import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { Io } from './broker-client.ts';

/** The agent's own git, in the agent's repository and environment. Throws with what git printed. */
export async function git({ cwd, env }: Io, ...args: string[]): Promise<string> {
  const child = spawn('git', args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), ended(child)]);
  if (child.exitCode !== 0) throw new Error(stderr.trim() || `git ${args[0]} failed`);
  return stdout.trim();
}

/** Waits for the end; an error when it could not be started. */
export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
}
