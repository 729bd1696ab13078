import { existsSync, readFileSync } from 'node:fs';
import { deskAround } from '../../cli/home.ts';
import { say } from '../../cli/output.ts';
import { checkEngine } from './engine.ts';
import type { Finding } from './finding.ts';
import { checkDaemon, checkHome } from './place.ts';
import { checkAgents, checkNode, checkPrograms } from './programs.ts';
import { checkLimits, checkSandbox } from './sandbox.ts';
import { checkCredentials, checkSettings } from './settings.ts';

/** `orch doctor`: what Orch needs of this machine, whether it is there, and how to get it. Exit code 1 on a problem. */
export async function doctor(options: { config?: string; json?: boolean }): Promise<void> {
  // As orch serve reads it.
  if (existsSync('.env')) process.loadEnvFile('.env');
  const found = await examine(process.env, options.config);
  const isWell = found.every(({ state }) => state !== 'problem');
  process.exitCode = isWell ? 0 : 1;
  if (options.json) return say(JSON.stringify({ ok: isWell, checks: found }, null, 2));
  for (const finding of found) say(describe(finding));
  say(isWell ? '\nEverything that Orch needs is here.' : '\nMend the problems above, then ask again.');
}

async function examine(env: NodeJS.ProcessEnv, config: string | undefined): Promise<Finding[]> {
  const path = env.PATH ?? '';
  const desk = deskAround(env);
  const { settings, found } = checkSettings(env, config, desk);
  return [
    checkNode(),
    ...(await checkPrograms(path)),
    ...found,
    ...(await checkAgents(settings, env)),
    await checkSandbox(settings, { env, readSystem: tryReadSystem }),
    checkLimits(settings),
    ...(await checkHome(settings)),
    // A desk needs no GitHub App.
    ...(desk === null ? [checkCredentials(env), ...(await checkEngine(settings, env))] : []),
    await checkDaemon(settings, desk !== null),
  ];
}

function tryReadSystem(file: string): string | null {
  return existsSync(file) ? readFileSync(file, 'utf8') : null;
}

const WORD = { ok: 'ok', note: 'note', problem: 'PROBLEM' } as const;

/** A line for what was found, and below it what to do. */
function describe({ state, check, says, remedy }: Finding): string {
  const line = `${WORD[state].padEnd(8)} ${check.padEnd(14)} ${says}`;
  if (remedy === null) return line;
  return [line, ...remedy.split('\n').map(text => `${' '.repeat(24)}${text}`.trimEnd())].join('\n');
}
