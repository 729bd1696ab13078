import { existsSync } from 'node:fs';
import { hostOf, type Inspection, inspectAgent } from '../agent/inspect.ts';
import { BUILT_IN } from '../config/profiles/built-in.ts';
import type { Settings } from '../config/settings.ts';
import { isOnPath } from '../shared/program.ts';
import { columns, say } from './output.ts';
import { settingsHere } from './settings.ts';

interface Options {
  check?: boolean;
  json?: boolean;
  config?: string;
}

/** `orch agents`: the profiles of the settings. With `check` whether each can work; exit code 1 when one can't. */
export async function agents({ check = false, json = false, config }: Options): Promise<void> {
  // As orch serve reads it.
  if (existsSync('.env')) process.loadEnvFile('.env');
  const { env } = process;
  const { settings } = settingsHere(env, config);
  const { profiles } = settings;
  if (profiles.length === 0 && !json) return say(none(env));
  if (check) return await report(settings, env, json);
  const list = profiles.map(({ name, command, model, maxInstances }) => ({
    agent: name,
    program: command[0] ?? '',
    model,
    max_instances: maxInstances,
  }));
  if (json) return say(JSON.stringify(list, null, 2));
  const rows = list.map(each => [each.agent, each.program, each.model ?? '', String(each.max_instances)]);
  say(columns([['AGENT', 'PROGRAM', 'MODEL', 'AT ONCE'], ...rows]));
}

async function report(settings: Settings, env: NodeJS.ProcessEnv, json: boolean): Promise<void> {
  const isSandboxed = settings.sandbox.kind !== 'none';
  const found = await Promise.all(
    settings.profiles.map(profile => inspectAgent(profile, hostOf(profile, env, isSandboxed))),
  );
  process.exitCode = found.every(({ problem }) => problem === null) ? 0 : 1;
  if (json) return say(JSON.stringify(found, null, 2));
  say(columns([['AGENT', 'PROGRAM', 'VERSION', 'SIGNED IN BY'], ...found.map(row)]));
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
