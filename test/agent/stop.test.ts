import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { readEnding } from '../../src/agent/ending.ts';
import { type Launch, launch } from '../../src/agent/launch.ts';
import { processStart } from '../../src/agent/processes.ts';
import { interrupt, killTree } from '../../src/agent/stop.ts';
import { look } from '../../src/agent/terminals.ts';
import { ended, fixture, openWorkbench, type Workbench } from './workbench.ts';

async function says(wanted: Launch, text: string): Promise<void> {
  await vi.waitFor(() => expect(readFileSync(wanted.logFile, 'utf8')).toContain(text), { timeout: 15_000 });
}

/** Starts the agent that leaves stubborn processes behind; gives their pids. */
async function startDaemonizer(bench: Workbench) {
  const pidFile = join(bench.directory, 'pids');
  const wanted = bench.prepare('T42.1', [fixture('daemonizer.sh'), pidFile]);
  const { pid } = await launch(bench.terminals, wanted);
  const pids = () => readFileSync(pidFile, 'utf8').trim().split('\n').map(Number);
  await vi.waitFor(() => expect(pids()).toHaveLength(4), { timeout: 15_000 });
  return { wanted, pids: [pid, ...pids()] };
}

it('an interrupt reaches the agent, and its exit code is kept', async () => {
  await using bench = openWorkbench();
  const wanted = bench.prepare('T42.1', [fixture('wait.sh')]);
  await launch(bench.terminals, wanted);
  await says(wanted, 'ready');
  await interrupt(bench.terminals, 'T42.1');
  await ended(wanted);
  expect(readEnding(wanted.directory).exit).toBe(130);
});

it('an interrupt of a run that is gone does nothing', async () => {
  await using bench = openWorkbench();
  await interrupt(bench.terminals, 'T42.1');
});

it('an interrupt during setup keeps the agent from starting', async () => {
  await using bench = openWorkbench();
  const setup = [{ command: 'echo ready; sleep 600', required: false }];
  const wanted = bench.prepare('T42.1', [fixture('exit-with.sh'), '0'], { setup });
  await launch(bench.terminals, wanted);
  await says(wanted, 'ready');
  await interrupt(bench.terminals, 'T42.1');
  await ended(wanted);
  expect(readEnding(wanted.directory).exit).toBe(143);
});

it('a stopped agent can end in order within the grace', async () => {
  await using bench = openWorkbench();
  const script = "trap 'echo saved; exit 4' TERM; echo ready; while :; do sleep 0.05; done";
  const wanted = bench.prepare('T42.1', ['/bin/sh', '-c', script]);
  await launch(bench.terminals, wanted);
  await says(wanted, 'ready');
  await killTree(bench.terminals, 'T42.1', wanted.directory, 5_000);
  expect(readEnding(wanted.directory).exit).toBe(4);
});

it('no process is left, whatever session, parent, environment and signals it chose', async () => {
  await using bench = openWorkbench();
  const { wanted, pids } = await startDaemonizer(bench);

  const { stopped, survivors } = await killTree(bench.terminals, 'T42.1', wanted.directory, 100);

  expect(pids.map(processStart)).toEqual([null, null, null, null, null]);
  expect(survivors).toEqual([]);
  expect(stopped).toBeGreaterThanOrEqual(5);
  // A server that is just going answers nothing.
  await expect.poll(() => look(bench.terminals)).toEqual(new Map());
});

it('a process is found by its terminal alone, without parent and environment', async () => {
  await using bench = openWorkbench();
  const pidFile = join(bench.directory, 'pid');
  const orphan = `(env -i /bin/sh -c 'trap "" HUP TERM; echo $$ >${JSON.stringify(pidFile)}; while :; do sleep 1; done' &)`;
  const wanted = bench.prepare('T42.1', ['/bin/sh', '-c', `${orphan}; echo ready; sleep 600`]);
  await launch(bench.terminals, wanted);
  await says(wanted, 'ready');
  const pid = await vi.waitFor(() => Number(readFileSync(pidFile, 'utf8').trim() || NaN), {
    timeout: 15_000,
  });
  await vi.waitFor(() => expect(processStart(pid)).not.toBeNull(), { timeout: 15_000 });
  await killTree(bench.terminals, 'T42.1', wanted.directory, 0);
  expect(processStart(pid)).toBeNull();
});

it('no process is left when the tmux server died first', async () => {
  await using bench = openWorkbench();
  const { wanted, pids } = await startDaemonizer(bench);
  const { stdout } = await bench.terminals.tmux(['display-message', '-p', '#{pid}']);
  process.kill(Number(stdout), 'SIGKILL');

  await killTree(bench.terminals, 'T42.1', wanted.directory, 100);

  expect(pids.map(processStart)).toEqual([null, null, null, null, null]);
});

it('a tmux that can not be asked keeps no agent alive', async () => {
  await using bench = openWorkbench();
  const { wanted, pids } = await startDaemonizer(bench);
  const hung = { ...bench.terminals, tmux: () => Promise.reject(new Error('timed out')) };

  await killTree(hung, 'T42.1', wanted.directory, 100);

  expect(pids.map(processStart)).toEqual([null, null, null, null, null]);
});

it('other runs go on', async () => {
  await using bench = openWorkbench();
  await launch(bench.terminals, bench.prepare('T4.1', [fixture('wait.sh')]));
  const other = await launch(bench.terminals, bench.prepare('T4.10', [fixture('wait.sh')]));
  await killTree(bench.terminals, 'T4.1', join(bench.directory, 'T4.1'), 100);
  expect(processStart(other.pid)).toBe(other.pidStart);
  expect(await killTree(bench.terminals, 'T4.1', join(bench.directory, 'T4.1'))).toEqual({
    stopped: 0,
    survivors: [],
  });
  await killTree(bench.terminals, 'T4.10', join(bench.directory, 'T4.10'), 100);
});
