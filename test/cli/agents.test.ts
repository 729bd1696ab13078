import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Place, place } from './place.ts';

/** Runs `orch agents` where these programs are installed. */
async function agents(here: Place, args: string[], settings: string, programs: Record<string, string> = {}) {
  const bin = join(here.path, 'bin');
  mkdirSync(bin, { recursive: true });
  for (const [name, script] of Object.entries(programs))
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  writeFileSync(join(here.path, 'orch.yaml'), settings);
  const env = { PATH: `${bin}:/usr/bin:/bin`, ORCH_CONFIG: join(here.path, 'orch.yaml') };
  return await here.orch(['agents', ...args], { ...env, GEMINI_API_KEY: 'hidden-key' });
}

const TWO = 'agents: { codex: { model: gpt-5 }, gemini: { max_instances: 2 } }';

describe('orch agents --check', () => {
  it('checks whether they can work, and says what to do', async () => {
    await using here = await place();
    const { stdout, exitCode } = await agents(here, ['--check'], TWO, { gemini: 'echo 0.61.0' });
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^gemini +\S*bin\/gemini +0\.61\.0 \(tried\) +GEMINI_API_KEY$/m);
    expect(stdout).toContain(
      'codex: codex is not installed, or not on PATH.\n  Install it: `npm install -g @openai/codex`',
    );
    expect(stdout).not.toContain('hidden-key');
  });

  it('names the last version that is known to work, where a newer one is not', async () => {
    await using here = await place();
    const settings = 'agents: { gemini: { version: { tried: ["0.61.0"], below: "0.62" } } }';
    const { stdout } = await agents(here, ['--check'], settings, { gemini: 'echo 0.62.1' });
    expect(stdout).toContain('0.62.1 (too new, 0.61.0 works)');
  });

  it('gives the same as JSON', async () => {
    await using here = await place();
    const settings = 'agents: { gemini: {} }';
    const { stdout, exitCode } = await agents(here, ['--check', '--json'], settings, {
      gemini: 'echo 0.61.0',
    });
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toEqual([
      expect.objectContaining({ agent: 'gemini', version: '0.61.0', range: 'tried', problem: null }),
    ]);
  });

  it('without any says what to write', async () => {
    await using here = await place();
    const { stdout, exitCode } = await agents(here, ['--check'], '', { codex: '' });
    expect({ stdout, exitCode }).toEqual({
      stdout: 'No agents. Name one in orch.yaml: agents: { codex: {} }. Installed here: codex.',
      exitCode: 0,
    });
  });
});
