import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { closeTerminals, look, openTerminals, sessionName, type Terminals } from '../src/agent/terminals.ts';
import { silentLog } from '../src/shared/log.ts';
import { type Benchmark, type Context, interleave, type Measured, timed } from './harness.ts';

/** One look at 200 sessions, against tmux listing its panes. */
export const health: Benchmark = {
  key: 'health_200_ratio',
  unit: 'ms',
  compare: 'ratio',
  wanted: 5,
  measure,
};

const SESSIONS = 200;
const run = promisify(execFile);

async function measure(context: Context): Promise<Measured> {
  const terminals = openTerminals({ directory: join(context.directory, 'tmux'), log: silentLog() });
  await using stack = new AsyncDisposableStack();
  stack.defer(() => closeTerminals(terminals));
  for (let n = 1; n <= SESSIONS; n += 1) {
    context.signal.throwIfAborted();
    await open(terminals, sessionName(`T${n}.1`));
  }
  const [file = '', ...options] = terminals.command;
  return await interleave(
    context,
    () => timed(() => lookAtAll(terminals)),
    () => timed(() => run(file, [...options, 'list-panes', '-a'])),
  );
}

/** Two windows, as runs have them, with programs that do nothing. */
async function open(terminals: Terminals, session: string): Promise<void> {
  const idle = ['tail', '-f', '/dev/null'];
  const { exitCode, stderr } = await terminals.tmux([
    ...['new-session', '-d', '-s', session, '-n', 'main', ...idle, ';'],
    ...['new-window', '-d', '-t', `=${session}:`, '-n', 'monitor', ...idle],
  ]);
  if (exitCode !== 0) throw new Error(`tmux: ${stderr}`);
}

async function lookAtAll(terminals: Terminals): Promise<void> {
  const panes = await look(terminals);
  if (panes === 'unknown' || panes.size !== SESSIONS) throw new Error('not all sessions were seen');
}
