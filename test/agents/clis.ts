import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Cli } from '../models/script.ts';

/** How a CLI is driven without a person and without Orch's own profiles: prompt on standard input, model on loopback. */
export interface Driven {
  command: string[];
  environment: Record<string, string>;
  /** Goes on with the session of this id. */
  resume(id: string): string[];
}

/** Writes what the CLI wants in its home, and says how it is started. `url` is the model server's. */
export function drive(cli: Cli, home: string, url: string): Driven {
  return DRIVERS[cli]((name, text) => {
    const path = join(home, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, typeof text === 'string' ? text : JSON.stringify(text));
  }, url);
}

type Write = (name: string, content: unknown) => void;

const DRIVERS: Record<Cli, (write: Write, url: string) => Driven> = {
  claude(_write, url) {
    const flags = ['-p', '--output-format', 'stream-json', '--verbose', '--dangerously-skip-permissions'];
    return {
      command: ['claude', ...flags],
      resume: id => ['claude', ...flags, '--resume', id],
      environment: {
        ANTHROPIC_BASE_URL: url,
        ANTHROPIC_API_KEY: 'dummy',
        IS_SANDBOX: '1',
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
        DISABLE_AUTOUPDATER: '1',
      },
    };
  },
  codex(write, url) {
    write(
      '.codex/config.toml',
      `model = "scripted-1"
model_provider = "scripted"
[model_providers.scripted]
name = "scripted"
base_url = "${url}/v1"
env_key = "SCRIPTED_KEY"
wire_api = "responses"
`,
    );
    // A login shell would forget the PATH on which Orch's commands are.
    const shell = ['-c', 'allow_login_shell=false'];
    const flags = ['--json', '--dangerously-bypass-approvals-and-sandbox', '--disable', 'plugins', ...shell];
    return {
      command: ['codex', 'exec', ...flags, '-'],
      resume: id => ['codex', 'exec', 'resume', ...flags, id, '-'],
      environment: { SCRIPTED_KEY: 'dummy' },
    };
  },
  gemini(write, url) {
    write('.gemini/settings.json', {
      security: { auth: { selectedType: 'gemini-api-key' } },
      privacy: { usageStatisticsEnabled: false },
      general: { disableAutoUpdate: true },
    });
    const flags = ['--yolo', '--skip-trust', '-o', 'stream-json', '-m', 'scripted-1'];
    return {
      command: ['gemini', ...flags],
      resume: id => ['gemini', ...flags, '--resume', id],
      environment: { GOOGLE_GEMINI_BASE_URL: url, GEMINI_API_KEY: 'dummy' },
    };
  },
  opencode(write, url) {
    write('.config/opencode/opencode.json', {
      model: 'scripted/scripted-1',
      small_model: 'scripted/scripted-1',
      provider: {
        scripted: {
          npm: '@ai-sdk/openai-compatible',
          options: { baseURL: `${url}/v1`, apiKey: 'dummy' },
          models: {
            'scripted-1': { cost: { input: 1, output: 2 }, limit: { context: 200_000, output: 8_000 } },
          },
        },
      },
    });
    const flags = ['--format', 'json', '--auto'];
    return {
      command: ['opencode', 'run', ...flags],
      resume: id => ['opencode', 'run', ...flags, '--session', id],
      environment: { OPENCODE_DISABLE_MODELS_FETCH: '1', OPENCODE_DISABLE_AUTOUPDATE: '1' },
    };
  },
};
