import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Clock } from '../../shared/clock.ts';

export interface StepProcess {
  file: string;
  args: readonly string[];
  cwd: string;
  /** The whole of it: nothing is inherited. */
  env: Record<string, string>;
  line(text: string): void;
  cancelled: AbortSignal;
  clock: Clock;
  /** ms from SIGINT to SIGTERM, and from there to SIGKILL. */
  patience: { interrupt: number; terminate: number };
}

/** Output that a child in the background still holds open is not waited for longer. */
const OPEN_OUTPUT_MS = 5000;

/**
 * Runs a step's program as actions/runner does (`ProcessInvoker.cs`). When cancelled, the program alone gets SIGINT, then SIGTERM, then
 * SIGKILL; what it leaves behind is ended with the job. Resolves with the exit code, null after a signal.
 */
export async function runProcess(step: StepProcess): Promise<number | null> {
  const { file, args, cwd, env, clock } = step;
  const child = spawn(file, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr]) readLines(stream, step.line);
  const closed = new Promise<void>(resolve => child.once('close', () => resolve()));
  using _cancelling = whenCancelled(child, step);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  const { promise: late, resolve } = Promise.withResolvers<void>();
  using _patience = clock.after(OPEN_OUTPUT_MS, resolve);
  await Promise.race([closed, late]);
  for (const stream of [child.stdout, child.stderr]) stream.destroy();
  return code;
}

function readLines(stream: Readable, take: (line: string) => void): void {
  stream.setEncoding('utf8');
  createInterface({ input: stream }).on('line', take);
}

function whenCancelled(child: ChildProcess, { cancelled, clock, patience }: StepProcess): Disposable {
  using stack = new DisposableStack();
  const later: Disposable[] = [];
  const cancel = () => {
    child.kill('SIGINT');
    later.push(clock.after(patience.interrupt, () => child.kill('SIGTERM')));
    later.push(clock.after(patience.interrupt + patience.terminate, () => child.kill('SIGKILL')));
  };
  cancelled.addEventListener('abort', cancel);
  stack.defer(() => cancelled.removeEventListener('abort', cancel));
  stack.defer(() => {
    for (const each of later) each[Symbol.dispose]();
  });
  if (cancelled.aborted) cancel();
  return stack.move();
}
