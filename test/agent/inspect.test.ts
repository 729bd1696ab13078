import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { type Host, inspectAgent, requireReady } from '../../src/agent/inspect.ts';
import { processStart } from '../../src/agent/processes.ts';
import { builtIn, type Profile } from '../../src/config/profiles/agents.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** A machine with this program for `claude`, or without any; nobody is signed in unless a variable says so. */
async function machine(script: string | null, variables: Record<string, string> = {}) {
  const folder = await temporaryDirectory();
  const bin = join(folder.path, 'bin');
  mkdirSync(bin);
  const install = (text: string) => {
    writeFileSync(join(bin, 'claude'), `#!/bin/sh\n${text}\n`);
    chmodSync(join(bin, 'claude'), 0o755);
  };
  if (script !== null) install(script);
  const file = join(folder.path, 'credentials');
  const claude = builtIn('claude') as Profile;
  const profile = { ...claude, login: { ...claude.login, files: [file] } };
  const host: Host = { environment: { PATH: `${bin}:/usr/bin:/bin`, ...variables }, isBareRoot: false };
  return { profile, host, bin, file, install, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

const KEY = { ANTHROPIC_API_KEY: 'sk-secret' };
const VERSION = 'echo "2.1.329 (Claude Code)"';

describe('an agent', () => {
  it('that is installed and signed in can work', async () => {
    await using here = await machine(VERSION, KEY);
    const found = await inspectAgent(here.profile, here.host);
    expect(found).toEqual({
      agent: 'claude',
      program: join(here.bin, 'claude'),
      version: '2.1.329',
      range: 'tried',
      lastGood: here.profile.version.tried.at(-1),
      login: 'ANTHROPIC_API_KEY',
      problem: null,
    });
    expect(JSON.stringify(found)).not.toContain('sk-secret');
    await requireReady(here.profile, here.host);
  });

  it('that is not installed fails with what installs it', async () => {
    await using here = await machine(null, KEY);
    await expect(requireReady(here.profile, here.host)).rejects.toMatchObject({
      code: 'E_MISSING_PROGRAM',
      remedy: 'Install it: `npm install -g @anthropic-ai/claude-code`',
    });
  });

  it.each([
    ['1.0.9', 'too old', 'claude 1.0.9 is too old: 2.1 is needed'],
    ['2.0.99', 'too old', 'claude 2.0.99 is too old: 2.1 is needed'],
    ['2.2.0', 'untried', null],
    ['3.0.0', 'too new', null],
  ])('of version %s is %s', async (version, range, says) => {
    await using here = await machine(`echo ${version}`, KEY);
    const found = await inspectAgent(here.profile, here.host);
    expect(found).toMatchObject({ version, range });
    expect(found.problem?.says ?? null).toBe(says);
  });

  it.each([
    ['v2.1.4', '2.1.4'],
    ['cli/12.0.1-beta.3 (build 7.7)', '12.0.1'],
    ['\\033[1mcli\\033[0m \\033[32m3.4\\033[0m', '3.4'],
  ])('that prints %s is of version %s', async (printed, version) => {
    await using here = await machine(`printf '${printed}\\n'`, KEY);
    expect((await inspectAgent(here.profile, here.host)).version).toBe(version);
  });

  it('is asked again for its version when it has changed', async () => {
    await using here = await machine('echo 2.1.0', KEY);
    expect(await inspectAgent(here.profile, here.host)).toMatchObject({ version: '2.1.0' });
    here.install('echo 12.10.100');
    expect(await inspectAgent(here.profile, here.host)).toMatchObject({ version: '12.10.100' });
  });

  it('of which a folder on PATH has the name is looked for further on', async () => {
    await using here = await machine(VERSION, KEY);
    const first = join(here.bin, 'first');
    mkdirSync(join(first, 'claude'), { recursive: true });
    here.host.environment.PATH = `${first}:${here.host.environment.PATH}`;
    expect(await inspectAgent(here.profile, here.host)).toMatchObject({ program: join(here.bin, 'claude') });
    const only = { ...here.host, environment: { ...here.host.environment, PATH: first } };
    expect(await inspectAgent(here.profile, only)).toMatchObject({ program: null });
  });

  it('that leaves something running when it is asked for its version is not waited for, and nothing stays', async () => {
    await using here = await machine('sleep 600 & echo $! >"$(dirname "$0")/left"; echo 2.1.0', KEY);
    expect(await inspectAgent(here.profile, here.host)).toMatchObject({ version: '2.1.0' });
    const left = Number(readFileSync(join(here.bin, 'left'), 'utf8'));
    await vi.waitFor(() => expect(processStart(left)).toBeNull(), { timeout: 15_000 });
  });

  it.each(['exit 1', 'echo no number', 'kill -9 $$', 'yes'])(
    'that answers by `%s` is of no version that is known',
    async script => {
      await using here = await machine(script, KEY);
      expect(await inspectAgent(here.profile, here.host)).toMatchObject({
        version: null,
        range: 'unknown',
        problem: null,
      });
    },
  );

  it('that nobody has signed in to fails with what does it, until a file says otherwise', async () => {
    await using here = await machine(VERSION);
    await expect(requireReady(here.profile, here.host)).rejects.toMatchObject({
      code: 'E_AGENT_NOT_READY',
      message: 'claude is not signed in',
      remedy: 'Sign in: set `ANTHROPIC_API_KEY` in the environment of the daemon, or run `claude auth login`',
    });
    writeFileSync(here.file, '{}');
    expect(await inspectAgent(here.profile, here.host)).toMatchObject({ login: here.file, problem: null });
  });

  it('that refuses root fails with the setting, and not once it is set', async () => {
    await using here = await machine(VERSION, KEY);
    const root = { ...here.host, isBareRoot: true };
    await expect(requireReady(here.profile, root)).rejects.toMatchObject({
      code: 'E_AGENT_NOT_READY',
      message: 'claude refuses to run as root without a sandbox',
      remedy: expect.stringContaining('agents: { claude: { environment: { IS_SANDBOX: "1" } } }'),
    });
    await requireReady(here.profile, { ...root, environment: { ...root.environment, IS_SANDBOX: '1' } });
  });

  it('whose program a worktree brings along is not looked for', async () => {
    await using here = await machine(null, KEY);
    const found = await inspectAgent({ ...here.profile, command: ['./fix.sh'] }, here.host);
    expect(found).toMatchObject({ program: null, version: null, problem: null });
  });
});
