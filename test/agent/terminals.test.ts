import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
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
  expect(await look({ ...bench.terminals, tmux: () => Promise.reject(new Error('timed out')) })).toBe(
    'unknown',
  );
  const failed = { exitCode: 1, stdout: '', stderr: 'lost server' };
  expect(await look({ ...bench.terminals, tmux: () => Promise.resolve(failed) })).toBe('unknown');
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
  const [file = '', ...args] = attachCommand(bench.terminals, 'T42.1');
  const screen = join(bench.directory, 'screen');
  // `script` gives the command a terminal of its own, as a person has one.
  const quoted = [file, ...args].map(word => `'${word}'`).join(' ');
  const person = spawn('script', ['-qfc', quoted, screen], {
    stdio: 'ignore',
    env: { ...process.env, TERM: 'xterm' },
  });
  writeFileSync(screen, '');
  await expect.poll(() => readFileSync(screen, 'utf8')).toContain('T42-1');
  const left = once(person, 'exit');
  await bench.terminals.tmux(['detach-client', '-s', '=T42-1']);
  await left;
});
