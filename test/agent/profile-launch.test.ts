import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commandOf, environmentOf, filesDirectory, writeFiles } from '../../src/agent/profile-launch.ts';
import { deliverPrompt } from '../../src/agent/prompt-delivery.ts';
import { builtIn, type Profile } from '../../src/config/profiles/agents.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const SESSION = '0b9e3c1a-7f0e-4c55-9d0c-2f6a1b8d4e21';
const GOLDEN = join(import.meta.dirname, '../fixtures/golden');

/** All that a profile makes of a run, as text; the run's directory is `/run`. */
async function launched(profile: Profile, { resumes = false, model = null as string | null } = {}) {
  await using folder = await temporaryDirectory();
  const directory = join(folder.path, 'T42.1');
  mkdirSync(directory);
  const promptFile = join(directory, 'prompt.md');
  writeFileSync(promptFile, 'Fix it: {session} {model}\n');
  writeFiles(profile, directory);
  const given = deliverPrompt({
    ...{
      argv: commandOf(profile, { how: resumes ? 'resume' : 'command', model }),
      prompt: profile.prompt,
      promptFile,
      model,
      directory,
      cwd: '/tree',
    },
    session: profile.session === 'preset' || resumes ? SESSION : null,
  });
  const environment = environmentOf(profile, { directory, daemon: {}, asRoot: true });
  const files = readdirSync(filesDirectory(directory)).map(name => {
    const file = join(filesDirectory(directory), name);
    return `${name} ${(statSync(file).mode & 0o777).toString(8)} ${readFileSync(file, 'utf8')}`;
  });
  const text = [
    ...given.argv,
    '',
    ...Object.entries({ ...environment, ...given.environment }).map(([name, value]) => `${name}=${value}`),
    '',
    ...files,
    `< ${given.stdin}`,
    '',
  ];
  return text.join('\n').replaceAll(directory, '/run');
}

describe('the launch of', () => {
  it.each(['claude', 'codex', 'gemini', 'opencode'])('%s', async name => {
    const profile = builtIn(name) as Profile;
    const begun = await launched(profile, { model: 'small-1' });
    const resumed = await launched(profile, { resumes: true });
    await expect(`${begun}\n--- resumed\n${resumed}`).toMatchFileSnapshot(join(GOLDEN, `${name}.txt`));
  });
});

describe('a profile', () => {
  const blank = (changes: Partial<Profile>) => ({ ...(builtIn('codex') as Profile), ...changes });

  it('hands on logins and endpoints of the daemon, and what the settings say goes before', () => {
    const profile = blank({
      login: { variables: ['KEY', 'OTHER'], files: [], command: null },
      inherits: ['URL'],
      environment: { OTHER: 'said', PLACE: '{run_directory}/x' },
    });
    const daemon = { KEY: 'k', OTHER: 'o', URL: 'u', SECRET: 's' };
    expect(environmentOf(profile, { directory: '/run', daemon, asRoot: false })).toEqual({
      ...{ KEY: 'k', OTHER: 'said', URL: 'u', PLACE: '/run/x' },
    });
  });

  it('says that it runs in a sandbox only where it does', () => {
    const claude = builtIn('claude') as Profile;
    const place = { directory: '/run', daemon: {} };
    expect(environmentOf(claude, { ...place, asRoot: true })).toHaveProperty('IS_SANDBOX');
    expect(environmentOf(claude, { ...place, asRoot: false })).not.toHaveProperty('IS_SANDBOX');
  });

  it('leaves no file of a try before', async () => {
    await using folder = await temporaryDirectory();
    writeFiles(blank({ files: { 'a.json': '{}', 'b.json': '{}' } }), folder.path);
    writeFiles(blank({ files: { 'b.json': '{"in":"{run_directory}"}' } }), folder.path);
    expect(readdirSync(filesDirectory(folder.path))).toEqual(['b.json']);
    expect(readFileSync(join(filesDirectory(folder.path), 'b.json'), 'utf8')).toBe(`{"in":"${folder.path}"}`);
  });

  it('without a session can not be started by a command that names it', () => {
    const launch = {
      prompt: 'stdin',
      promptFile: '/run/prompt.md',
      model: null,
      directory: '/run',
      cwd: '/tree',
    } as const;
    expect(() => deliverPrompt({ ...launch, argv: ['x', '{session}'], session: null })).toThrow(
      "The profile's command names {session}, and there is none",
    );
  });
});
