import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { launch } from '../../src/agent/launch.ts';
import { attachCommand, look, openTerminals, sessionName } from '../../src/agent/terminals.ts';
import { silentLog } from '../../src/shared/log.ts';
import { fixture, openWorkbench } from './workbench.ts';

it('names a session so that tmux leaves the name alone', () => {
  expect(sessionName('T42.1')).toBe('T42-1');
});

it('keeps its socket in a folder that only the owner can enter', async () => {
  await using bench = openWorkbench();
  expect(statSync(join(bench.directory, 'tmux')).mode & 0o777).toBe(0o700);
});

it('refuses a folder too deep for a socket', () => {
  const directory = `/tmp/${'x'.repeat(100)}`;
  expect(() => openTerminals({ directory, log: silentLog() })).toThrow(
    expect.objectContaining({ code: 'E_PATH_TOO_LONG' }),
  );
});

it('sees no sessions where no server runs', async () => {
  await using bench = openWorkbench();
  expect(await look(bench.terminals)).toEqual(new Map());
});

it('sees no sessions where a server has died', async () => {
  await using bench = openWorkbench();
  await launch(bench.terminals, bench.prepare('T42.1', [fixture('wait.sh')]));
  const { stdout } = await bench.terminals.tmux(['display-message', '-p', '#{pid}']);
  process.kill(Number(stdout), 'SIGKILL');
  await expect.poll(() => look(bench.terminals)).toEqual(new Map());
});

it('says unknown, not dead, when tmux can not be asked', async () => {
  await using bench = openWorkbench();
  await launch(bench.terminals, bench.prepare('T42.1', [fixture('wait.sh')]));
  expect(await look({ ...bench.terminals, ask: () => Promise.reject(new Error('timed out')) })).toBe(
    'unknown',
  );
  const failed = { exitCode: 1, stdout: '', stderr: 'lost server' };
  expect(await look({ ...bench.terminals, ask: () => Promise.resolve(failed) })).toBe('unknown');
});

it('reads nothing of the tmux settings in HOME, and has a screen of fixed size', async () => {
  await using bench = openWorkbench();
  await launch(bench.terminals, bench.prepare('T42.1', [fixture('wait.sh')]));
  const format = '#{window_width}x#{window_height} #{history_limit}';
  const { stdout } = await bench.terminals.tmux(['display-message', '-p', '-t', '=T42-1:main', format]);
  expect(stdout).toBe('220x50 200');
});

it('gives the command by which a person joins a session', async () => {
  await using bench = openWorkbench();
  await launch(bench.terminals, bench.prepare('T42.1', [fixture('wait.sh')]));
  await using person = openWorkbench();
  const command = ['env', '-u', 'TMUX', ...attachCommand(bench.terminals, 'T42.1')];
  await person.terminals.tmux(['new-session', '-d', '-s', 'person', '-x', '100', '-y', '30', ...command]);

  const screen = async () => (await person.terminals.tmux(['capture-pane', '-p', '-t', '=person:'])).stdout;
  await expect.poll(screen).toMatch(/ready[\s\S]*T42-1/);

  const format = '#{window_width}x#{window_height}';
  const { stdout } = await bench.terminals.tmux(['list-windows', '-t', '=T42-1', '-F', format]);
  expect(stdout).toBe('220x50\n220x50');
});
