import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadSettings } from '../../../src/config/settings.ts';
import { checkSandbox } from '../../../src/daemon/doctor/sandbox.ts';
import { daemon, type Place, place } from '../../cli/place.ts';
import { apiOptions } from '../../support/api.ts';
import { memoryStore } from '../../support/tasks.ts';

/** A folder of programs for PATH, each a shell script. */
function programs(here: Place, scripts: Record<string, string>): string {
  const folder = join(here.path, 'bin');
  mkdirSync(folder, { recursive: true });
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  return folder;
}

const WELL = {
  tmux: 'echo tmux 3.4',
  git: 'echo git version 2.47.1',
  fixer: '',
  bwrap: 'test "$1" = --version && echo bubblewrap 0.9.0 || echo probed',
};
const SETTINGS = 'agents: { fixer: { command: fixer } }\nserver: { port: 0 }\n';

async function examine(here: Place, scripts: Record<string, string> = WELL, settings = SETTINGS) {
  writeFileSync(join(here.path, 'orch.yaml'), settings);
  const env = { PATH: programs(here, scripts), ORCH_CONFIG: join(here.path, 'orch.yaml') };
  const { stdout, exitCode } = await here.orch(['doctor', '--json'], env);
  const { ok, checks } = JSON.parse(stdout) as {
    ok: boolean;
    checks: { check: string; state: string; says: string; remedy: string | null }[];
  };
  return { ok, exitCode, of: (name: string) => checks.find(({ check }) => check === name), checks };
}

describe('orch doctor', () => {
  it('says that all is well, and what is not there yet', async () => {
    await using here = await place();
    const { ok, exitCode, of, checks } = await examine(here);
    expect(checks.filter(({ state }) => state === 'problem')).toEqual([]);
    expect({ ok, exitCode }).toEqual({ ok: true, exitCode: 0 });
    expect(of('tmux')).toEqual({ check: 'tmux', state: 'ok', says: '3.4', remedy: null });
    expect(of('agent fixer')).toMatchObject({ state: 'ok' });
    expect(of('credentials')).toMatchObject({ state: 'note', remedy: expect.stringContaining('orch serve') });
  });

  it.each([
    [
      'a tmux that is too old',
      { ...WELL, tmux: 'echo tmux 2.9a' },
      'tmux',
      '2.9a is too old',
      'apt-get install tmux',
    ],
    [
      'a git that is too old',
      { ...WELL, git: 'echo git version 2.30.2' },
      'git',
      '2.30.2 is too old',
      'apt-get install git',
    ],
    ['no git', { ...WELL, git: undefined }, 'git', 'not installed', 'apt-get install git'],
    [
      'no agent',
      { ...WELL, fixer: undefined },
      'agent fixer',
      'fixer is not installed',
      'agents.fixer.command',
    ],
    ['no sandbox', { ...WELL, bwrap: undefined }, 'sandbox', 'bwrap', 'apt-get install bubblewrap'],
    [
      'a sandbox that fails',
      {
        ...WELL,
        bwrap: 'test "$1" = --version && echo bubblewrap 0.9.0 || { echo "No permissions" >&2; exit 1; }',
      },
      'sandbox',
      'No permissions',
      '',
    ],
  ])('names %s and the next step', async (_, scripts, check, says, remedy) => {
    await using here = await place();
    const there = Object.fromEntries(
      Object.entries(scripts).filter((entry): entry is [string, string] => entry[1] !== undefined),
    );
    const { exitCode, of } = await examine(here, there);
    expect(exitCode).toBe(1);
    expect(of(check)).toMatchObject({
      state: 'problem',
      says: expect.stringContaining(says),
      remedy: expect.stringContaining(remedy),
    });
  });

  it('checks the rest by the defaults when the settings are not valid', async () => {
    await using here = await place();
    const { exitCode, of } = await examine(here, WELL, 'agnets: {}\n');
    expect(exitCode).toBe(1);
    expect(of('settings')).toMatchObject({
      state: 'problem',
      says: expect.stringContaining('did you mean `agents`'),
    });
    expect(of('tmux')).toMatchObject({ state: 'ok' });
  });

  it('finds a home that others can read, a disk without room, and the daemon that runs', async () => {
    await using here = await place();
    using store = memoryStore();
    await using _api = await daemon(here, store);
    chmodSync(join(here.path, '.orch'), 0o755);
    const { of } = await examine(here, WELL, `${SETTINGS}limits: { host_disk_free_mb: 1000000 }\n`);
    expect(of('home')).toMatchObject({ state: 'problem', remedy: expect.stringContaining('chmod 700') });
    expect(of('disk')).toMatchObject({
      state: 'problem',
      remedy: expect.stringContaining('host_disk_free_mb'),
    });
    expect(of('daemon')).toMatchObject({
      state: 'ok',
      says: expect.stringMatching(/^Orch \S+ runs at http:/),
    });
  });

  it('speaks at a desk of the desk, and of no GitHub App', async () => {
    await using here = await place();
    mkdirSync(join(here.path, 'cwd/.git'));
    const away = await examine(here, WELL, 'agnets: {}\n');
    expect(away.of('home')?.says).toContain(join('cwd', '.orch'));
    expect(away.of('credentials')).toBeUndefined();
    expect(away.of('daemon')).toMatchObject({
      says: 'not running',
      remedy: 'Start it with: orch start',
    });
    using store = memoryStore();
    const about = { ...apiOptions(store).about, url: '' };
    await using _api = await daemon(here, store, { home: join(here.path, 'cwd/.orch'), about });
    expect((await examine(here)).of('daemon')).toMatchObject({
      says: expect.stringMatching(/^Orch \S+ runs as process 99$/),
    });
  });

  it('fits a terminal, with the remedy below what it is for', async () => {
    await using here = await place();
    const { stdout, exitCode } = await here.orch(['doctor'], {
      PATH: programs(here, { ...WELL, tmux: 'echo tmux 2.9a' }),
      PORT: '0',
    });
    expect(exitCode).toBe(1);
    expect(stdout).toContain(
      'PROBLEM  tmux           2.9a is too old\n                        Install tmux 3.0 or newer',
    );
  });
});

describe('a host that keeps users from making namespaces', () => {
  const { settings } = loadSettings({ text: '', env: {} });
  it.each([
    [
      '/proc/sys/kernel/apparmor_restrict_unprivileged_userns',
      '1\n',
      'profile bwrap /usr/bin/bwrap flags=(unconfined)',
    ],
    ['/proc/sys/kernel/unprivileged_userns_clone', '0\n', 'kernel.unprivileged_userns_clone=1'],
    ['/proc/sys/user/max_user_namespaces', '0\n', 'user.max_user_namespaces='],
  ])('by %s is told how to allow it', async (hindrance, value, remedy) => {
    const readSystem = (file: string) => (file === hindrance ? value : null);
    expect(await checkSandbox(settings, { env: { PATH: '/nowhere' }, readSystem })).toMatchObject({
      state: 'problem',
      remedy: expect.stringContaining(remedy),
    });
  });

  it('does not matter to who has chosen none, and accepted it', async () => {
    const { settings: none } = loadSettings({
      text: 'sandbox: { kind: none, allow_unsandboxed: true }',
      env: {},
    });
    expect(await checkSandbox(none, { env: {}, readSystem: () => null })).toMatchObject({ state: 'note' });
  });
});
