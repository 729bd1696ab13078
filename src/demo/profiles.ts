import type { Profile } from '../config/profiles/agents.ts';
import { loadSettings } from '../config/settings.ts';
import { OrchError } from '../shared/errors.ts';
import { ownProgram } from '../shared/own-programs.ts';
import { isOnPath } from '../shared/program.ts';
import { withScriptedModel } from './scripted-model.ts';

/** An agent as `agents` in orch.yaml has it. */
export type DemoAgent = Record<string, unknown> & { environment?: Record<string, string> };

/** The variable that has the address of a server that plays models; the known CLIs then ask it. */
export const SCRIPTED_MODELS = 'ORCH_DEMO_MODELS';

const SCRIPTED = ['scripted', 'idle', 'unpushed', 'crashing'];

/** The known CLIs, driven by their built-in profiles. As root, and without a sandbox, claude wants to be told that it may. */
const KNOWN: Record<string, DemoAgent> = {
  claude: { environment: { IS_SANDBOX: '1' } },
  codex: {},
  gemini: {},
  opencode: {},
};

/**
 * The agent of this name: one of the demo's scripts, one from the user's own orch.yaml, a known CLI, or any program on
 * PATH that takes its prompt on standard input. Errors: E_UNKNOWN_AGENT, E_MISSING_PROGRAM.
 */
export function findAgent(name: string, env: NodeJS.ProcessEnv): DemoAgent {
  if (SCRIPTED.includes(name)) {
    return { command: [process.execPath, ...ownProgram('demo-agent'), name] };
  }
  const known = isOnPath(name, env.PATH ?? '') ? KNOWN[name] : undefined;
  const url = env[SCRIPTED_MODELS];
  if (url && known) return withScriptedModel(name, known, url);
  const own = loadSettings({ env }).settings.profiles.find(profile => profile.name === name);
  if (own) return asWritten(own);
  if (!/^[a-z][a-z0-9_-]{0,30}$/.test(name)) {
    throw new OrchError('E_UNKNOWN_AGENT', `\`${name}\` is no agent's name`, {
      remedy: `Scripted ones: ${SCRIPTED.join(', ')}.`,
    });
  }
  if (!isOnPath(name, env.PATH ?? '')) {
    throw new OrchError('E_MISSING_PROGRAM', `${name} is not on PATH`, {
      remedy: `Install it, or play with a scripted agent: ${SCRIPTED.join(', ')}.`,
    });
  }
  return known ?? { command: [name], prompt: 'stdin' };
}

/** The profile as orch.yaml could have it. */
function asWritten({ name: _, ...profile }: Profile): DemoAgent {
  const snake = (key: string) => key.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`);
  return Object.fromEntries(
    Object.entries(said(profile)).map(([key, value]) => [snake(key), isRecord(value) ? said(value) : value]),
  );
}

/** Null stands for what is not said. */
function said(values: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
}

function isRecord(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
