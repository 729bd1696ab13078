import { setTimeout as delay } from 'node:timers/promises';
import { readLaunchId } from './launch.ts';
import { foregroundGroup, listProcesses, type Process, processesWith } from './processes.ts';
import { mainPane, sessionName, type Terminals } from './terminals.ts';

export interface Stopped {
  /** How many processes were ended. */
  stopped: number;
  /** Processes that outlived even SIGKILL, or belong to another user. */
  survivors: number[];
}

const POLL_MS = 50;
const KILL_ROUNDS = 100;

/** What ^C does: SIGINT to what is in the foreground of the run's terminal. Nothing when there is none. */
export async function interrupt(terminals: Terminals, run: string): Promise<void> {
  const pid = await panePid(terminals, run);
  if (pid !== null) trySignal(-foregroundGroup(pid), 'SIGINT');
}

/**
 * Ends every process of a run: SIGTERM, after `graceMs` SIGKILL until none is left, then its session. Processes are
 * found from the terminal down, by its session, by the mark of the launch in their environment, which also catches those
 * that left session and parent, and by the run's group, `grouped`, which nobody leaves. Can be repeated; works without the
 * tmux server too.
 */
export async function killTree(
  terminals: Terminals,
  run: string,
  directory: string,
  graceMs = 2_000,
  grouped: () => readonly number[] = () => [],
): Promise<Stopped> {
  const pane = await panePid(terminals, run);
  const launchId = readLaunchId(directory);
  const seen = new Set<string>();
  const living = () => {
    const found = processTree(pane, launchId, seen, new Set(grouped()));
    for (const one of found) seen.add(identity(one));
    return found;
  };

  signalAll(living(), 'SIGTERM');
  let left = living();
  for (let waited = 0; left.length > 0 && waited < graceMs; waited += POLL_MS) {
    await delay(POLL_MS);
    left = living();
  }
  for (let round = 0; left.length > 0 && round < KILL_ROUNDS; round++) {
    signalAll(left, 'SIGKILL');
    await delay(POLL_MS);
    left = living();
  }
  await ask(terminals, ['kill-session', '-t', `=${sessionName(run)}`]);
  const survivors = left.map(({ pid }) => pid);
  if (survivors.length > 0) terminals.log.error({ run, survivors }, 'processes outlived SIGKILL');
  return { stopped: seen.size - survivors.length, survivors };
}

async function panePid(terminals: Terminals, run: string): Promise<number | null> {
  const format = '#{?pane_dead,,#{pane_pid}}';
  const answer = await ask(terminals, ['list-panes', '-t', mainPane(run), '-F', format]);
  const pid = Number.parseInt(answer ?? '', 10);
  return pid > 1 ? pid : null;
}

/** What tmux answers; null when it refuses or can't, for a tmux that hangs must not keep an agent alive. */
async function ask(terminals: Terminals, args: readonly string[]): Promise<string | null> {
  try {
    const { exitCode, stdout } = await terminals.tmux(args);
    return exitCode === 0 ? stdout : null;
  } catch (error) {
    terminals.log.warn({ err: error }, 'tmux could not be asked');
    return null;
  }
}

/** The run's live processes; who was seen to be one stays one when its parent is gone. */
function processTree(
  pane: number | null,
  launchId: string | null,
  seen: ReadonlySet<string>,
  grouped: ReadonlySet<number>,
): Process[] {
  const marked = launchId ? processesWith(`ORCH_LAUNCH=${launchId}`) : new Set<number>();
  const ours = new Set<number>();
  const processes = listProcesses().filter(({ pid }) => pid !== process.pid);
  const belongs = (one: Process) =>
    grouped.has(one.pid) ||
    marked.has(one.pid) ||
    one.group === pane ||
    seen.has(identity(one)) ||
    ours.has(one.parent);
  // A child may be listed before its parent: go round until nobody is added.
  for (let before = -1; before !== ours.size; ) {
    before = ours.size;
    for (const one of processes) if (belongs(one)) ours.add(one.pid);
  }
  return processes.filter(({ pid }) => ours.has(pid));
}

function identity({ pid, start }: Process): string {
  return `${pid} ${start}`;
}

function signalAll(processes: readonly Process[], signal: NodeJS.Signals): void {
  for (const { pid } of processes) trySignal(pid, signal);
}

/** To a process that may have ended. */
export function trySignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended since, or is another user's, which shows in the survivors.
  }
}
