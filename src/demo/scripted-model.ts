import type { DemoAgent } from './profiles.ts';

const KEY = 'dummy';

/**
 * An agent of a built-in profile's name that asks a model at `url`, which has no slash at its end, instead of its vendor's. It
 * takes no login from the person's home.
 */
export function withScriptedModel(name: string, agent: DemoAgent, url: string): DemoAgent {
  const scripted = ENDPOINTS[name]?.(url) ?? {};
  return { ...agent, ...scripted, environment: { ...agent.environment, ...scripted.environment } };
}

const ENDPOINTS: Readonly<Record<string, (url: string) => DemoAgent>> = {
  claude: url => ({ environment: { ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: KEY } }),
  codex: url => ({
    model: 'scripted-1',
    model_arguments: [
      ...['-m', '{model}', '-c', 'model_provider="scripted"', '-c'],
      `model_providers.scripted={name="scripted",base_url="${url}/v1",env_key="SCRIPTED_KEY",wire_api="responses"}`,
    ],
    environment: { SCRIPTED_KEY: KEY },
    login: { variables: ['SCRIPTED_KEY'], files: [] },
  }),
  gemini: url => ({
    model: 'scripted-1',
    environment: { GOOGLE_GEMINI_BASE_URL: url, GEMINI_API_KEY: KEY },
  }),
  opencode: url => ({
    environment: { OPENCODE_CONFIG: '{run_directory}/files/scripted.json' },
    files: { 'scripted.json': JSON.stringify(opencodeConfig(url)) },
  }),
};

function opencodeConfig(url: string): Record<string, unknown> {
  const options = { baseURL: `${url}/v1`, apiKey: KEY };
  const limit = { context: 200_000, output: 8_000 };
  // Dollars for a million tokens.
  const models = { 'scripted-1': { cost: { input: 1, output: 2 }, limit } };
  return {
    model: 'scripted/scripted-1',
    small_model: 'scripted/scripted-1',
    provider: { scripted: { npm: '@ai-sdk/openai-compatible', options, models } },
  };
}
