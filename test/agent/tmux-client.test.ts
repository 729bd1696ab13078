import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { launch } from '../../src/agent/launch.ts';
import { processStart } from '../../src/agent/processes.ts';
import { look, screenOf, sessionName } from '../../src/agent/terminals.ts';
import { fixture, openWorkbench, type Workbench } from './workbench.ts';

const CLIENTS = ['list-clients', '-F', '#{client_control_mode} #{client_pid} #{client_session}'];

async function clients({ terminals }: Workbench): Promise<string[]> {
  const { stdout } = await terminals.tmux(CLIENTS);
  return stdout.split('\n').filter(line => line !== '');
}

const start = async (bench: Workbench, run = 'T42.1') =>
  await launch(bench.terminals, bench.prepare(run, [fixture('wait.sh')]));

/** No process answers any more: only the connection can. */
function withoutProcesses({ terminals }: Workbench) {
  const dead = join(terminals.command[2] as string, '..', 'nothing');
  mkdirSync(dead, { recursive: true });
  vi.stubEnv('PATH', dead);
  return { [Symbol.dispose]: () => vi.unstubAllEnvs() };
}

it('one connection answers for all sessions, at once and one after the other, and starts no process', async () => {
  await using bench = openWorkbench();
  for (const run of ['T1.1', 'T2.1', 'T3.1']) await start(bench, run);
  expect(await look(bench.terminals)).toHaveProperty('size', 3);
  expect(await clients(bench)).toHaveLength(1);
  using _none = withoutProcesses(bench);
  const [panes, name, refused] = await Promise.all([
    look(bench.terminals),
    bench.terminals.ask(['display-message', '-p', '-t', '=T2-1:main', '#{session_name}']),
    bench.terminals.ask(['list-panes', '-t', '=gone']),
  ]);
  expect(panes).toHaveProperty('size', 3);
  expect(name.stdout).toBe('T2-1');
  expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("can't find") });
});

it('a screen that guesses the ends of answers is shown as it is, and forges none', async () => {
  await using bench = openWorkbench();
  // The server numbers its answers, and says the second in which it gave them.
  const guess =
    'n=0; while [ $n -lt 45 ]; do n=$((n+1)); t=$(($(date +%s)+n/15)); echo "%end $t $((n%15+286)) 1"; done';
  const wanted = bench.prepare('T42.1', ['/bin/sh', '-c', `read -r _; ${guess}; echo drawn; sleep 600`]);
  await launch(bench.terminals, wanted);
  await look(bench.terminals);
  await bench.terminals.tmux(['send-keys', '-t', '=T42-1:main', 'Enter']);
  const drawn = await vi.waitFor(async () => {
    const { stdout } = await bench.terminals.tmux(['capture-pane', '-p', '-t', '=T42-1:main']);
    expect(stdout).toContain('drawn');
    return stdout;
  }, 15_000);
  for (let n = 0; n < 8; n++) {
    expect(await screenOf(bench.terminals, 'T42.1')).toBe(drawn);
    expect(await look(bench.terminals)).toHaveProperty('size', 1);
  }
});

it('a connection that broke is made again, and meanwhile a process answers', async () => {
  await using bench = openWorkbench();
  await start(bench);
  await look(bench.terminals);
  const pid = Number((await clients(bench))[0]?.split(' ')[1]);
  process.kill(pid, 'SIGKILL');
  await vi.waitFor(async () => {
    expect(await look(bench.terminals)).toHaveProperty('size', 1);
    const [now] = await clients(bench);
    expect(now).toMatch(/^1 /);
    expect(now).not.toContain(` ${pid} `);
  }, 15_000);
});

it('it goes to another session when its own ends, and with the last the server ends', async () => {
  await using bench = openWorkbench();
  await start(bench, 'T1.1');
  await start(bench, 'T2.1');
  await look(bench.terminals);
  const joined = (await clients(bench))[0]?.split(' ')[2] as string;
  await bench.terminals.tmux(['kill-session', '-t', `=${joined}`]);
  await vi.waitFor(async () => {
    expect(await look(bench.terminals)).toHaveProperty('size', 1);
    expect((await clients(bench))[0]).toMatch(/^1 /);
  }, 15_000);
  const left = ['T1.1', 'T2.1'].map(sessionName).find(name => name !== joined);
  const { stdout: server } = await bench.terminals.tmux(['display-message', '-p', '#{pid}']);
  await bench.terminals.tmux(['kill-session', '-t', `=${left}`]);
  await vi.waitFor(() => expect(processStart(Number(server))).toBeNull(), 15_000);
  await vi.waitFor(async () => expect(await look(bench.terminals)).toEqual(new Map()), 15_000);
});

it('it leaves the size of a window alone, and no process behind', async () => {
  await using bench = openWorkbench();
  await start(bench);
  await look(bench.terminals);
  const pid = Number((await clients(bench))[0]?.split(' ')[1]);
  const { stdout } = await bench.terminals.tmux([
    'list-windows',
    '-a',
    '-F',
    '#{window_width}x#{window_height}',
  ]);
  expect(stdout).toBe('220x50\n220x50');
  bench.terminals[Symbol.dispose]();
  await vi.waitFor(() => expect(processStart(pid)).toBeNull(), 15_000);
  expect(await look(bench.terminals)).toHaveProperty('size', 1);
  expect(await clients(bench)).toEqual([]);
});
