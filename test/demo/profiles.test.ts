import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { agentsSettings, builtIn, type Profile, toProfiles } from '../../src/config/profiles/agents.ts';
import { type DemoAgent, findAgent } from '../../src/demo/profiles.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** The profile that the daemon makes of it. */
const profileOf = (name: string, agent: DemoAgent) =>
  toProfiles(agentsSettings.parse({ [name]: agent })).profiles[0];

async function withPrograms(...names: string[]) {
  const home = await temporaryDirectory();
  for (const name of names) writeFileSync(join(home.path, name), '#!/bin/sh\n', { mode: 0o755 });
  const env: NodeJS.ProcessEnv = { PATH: home.path, HOME: home.path, ORCH_HOME: home.path };
  return { ...home, env };
}

describe("the demo's agents", () => {
  it('are driven by the built-in profiles where orch.yaml says nothing of them', async () => {
    await using host = await withPrograms('codex');
    expect(profileOf('codex', findAgent('codex', host.env))).toEqual(builtIn('codex'));
    expect(() => findAgent('gemini', host.env)).toThrow('gemini is not on PATH');
  });

  it('are as in orch.yaml, where it has them', async () => {
    await using host = await withPrograms('claude');
    const file = join(host.path, 'orch.yaml');
    writeFileSync(file, 'agents:\n  claude: { timeout_seconds: 120 }\n');
    const agent = findAgent('claude', { ...host.env, ORCH_CONFIG: file });
    const { command, events, session } = builtIn('claude') as Profile;
    expect(profileOf('claude', agent)).toMatchObject({ command, events, session, timeoutSeconds: 120 });
  });

  it.each(['claude', 'codex', 'gemini', 'opencode'])('ask a scripted model, %s too', async name => {
    await using host = await withPrograms(name);
    const agent = findAgent(name, { ...host.env, ORCH_DEMO_MODELS: 'http://127.0.0.1:4000' });
    const profile = profileOf(name, agent);
    expect(JSON.stringify(profile)).toContain('http://127.0.0.1:4000');
    expect(profile?.command).toEqual(builtIn(name)?.command);
  });
});
