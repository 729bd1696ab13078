import { extname, join } from 'node:path';
import { loadSettings } from '../config/settings.ts';
import { OrchError } from '../shared/errors.ts';
import { isOnPath } from '../shared/program.ts';

/** An agent as `agents` in orch.yaml has it. */
export type DemoAgent = Record<string, unknown>;

const SCRIPTED = ['scripted', 'idle', 'unpushed', 'crashing'];

/** How the known CLIs are started without a person: prompt on standard input, every permission given. */
const KNOWN: Record<string, DemoAgent> = {
  claude: {
    command: ['claude', '-p', '--dangerously-skip-permissions'],
    environment: { IS_SANDBOX: '1', DISABLE_AUTOUPDATER: '1' },
  },
  codex: {
    // A login shell would forget the PATH on which Orch's commands are.
    command: [
      ...['codex', 'exec', '--dangerously-bypass-approvals-and-sandbox'],
      ...['-c', 'allow_login_shell=false', '-'],
    ],
  },
  gemini: { command: ['gemini', '--yolo', '--skip-trust'] },
  opencode: { command: ['opencode', 'run', '--auto'], environment: { OPENCODE_DISABLE_AUTOUPDATE: '1' } },
};

/**
 * The agent of this name: one of the demo's scripts, one from the user's own orch.yaml, a known CLI, or any program on
 * PATH that takes its prompt on standard input. Errors: E_UNKNOWN_AGENT, E_MISSING_PROGRAM.
 */
export function findAgent(name: string, env: NodeJS.ProcessEnv): DemoAgent {
  if (SCRIPTED.includes(name)) {
    const script = join(import.meta.dirname, `agent${extname(import.meta.filename)}`);
    return { command: [process.execPath, script, name] };
  }
  const own = loadSettings({ env }).settings.profiles.find(profile => profile.name === name);
  if (own)
    return { command: own.command, prompt: own.prompt, model: own.model, environment: own.environment };
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
  return { prompt: 'stdin', ...(KNOWN[name] ?? { command: [name] }) };
}
