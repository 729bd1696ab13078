import { existsSync } from 'node:fs';
import { hostOf, type Inspection, inspectAgent } from '../agent/inspect.ts';
import { BUILT_IN } from '../config/profiles/built-in.ts';
import { isOnPath } from '../shared/program.ts';
import type { Common } from './common.ts';
import { say, sayJson, sayTable } from './output.ts';
import { settingsHere } from './settings.ts';

/** `orch agents --check`: whether each agent of the settings can work; exit code 1 when one can't. */
export async function checkAgents({ json = false, config }: Common): Promise<void> {
  // As orch serve reads it.
  if (existsSync('.env')) process.loadEnvFile('.env');
  const { env } = process;
  const { settings } = settingsHere(env, config);
  if (settings.profiles.length === 0 && !json) return say(none(env));
  const isSandboxed = settings.sandbox.kind !== 'none';
  const found = await Promise.all(
    settings.profiles.map(profile => inspectAgent(profile, hostOf(profile, env, isSandboxed))),
  );
  process.exitCode = found.every(({ problem }) => problem === null) ? 0 : 1;
  if (json) return sayJson(found);
  sayTable(found.map(row), ['AGENT', 'PROGRAM', 'VERSION', 'SIGNED IN BY']);
  for (const { agent, problem } of found)
    if (problem !== null) say(`\n${agent}: ${problem.says}.\n  ${problem.remedy}`);
}

function row({ agent, program, version, range, lastGood, login }: Inspection): string[] {
  const remark = range === 'too new' && lastGood !== null ? `too new, ${lastGood} works` : range;
  return [agent, program ?? 'none', version === null ? '' : `${version} (${remark})`, login ?? ''];
}

/** What to write, where the settings have no agent: a CLI that is there goes before one that is not. */
function none({ PATH = '' }: NodeJS.ProcessEnv): string {
  const names = Object.keys(BUILT_IN);
  const there = names.filter(name => isOnPath(name, PATH));
  const found = there.length === 0 ? '' : ` Installed here: ${there.join(', ')}.`;
  return `No agents. Name one in orch.yaml: agents: { ${there[0] ?? names[0]}: {} }.${found}`;
}
