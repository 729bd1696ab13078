import type { ProfileData } from './schema.ts';

/** Of its retries it tells in its log alone, which goes to standard error. */
const HEADLESS = ['--format', 'json', '--auto', '--print-logs', '--log-level', 'ERROR'];

/** Joins what the user and the repository set, and goes before it. */
const SETTINGS = {
  autoupdate: false,
  share: 'disabled',
  mcp: { orch: { type: 'local', command: ['orch', 'mcp'], enabled: true } },
};

/** A limit that passes: what is too long for the model stays so. */
const LIMIT = '[Rr]ate.?[Ll]imit|^(?!.*([Tt]oken|[Cc]ontext|[Ll]ength)).*[Ll]imit';

/** opencode. */
export const OPENCODE: ProfileData = {
  command: ['opencode', 'run', ...HEADLESS],
  resume: ['opencode', 'run', ...HEADLESS, '--session', '{session}'],
  interactive: ['opencode', '--session', '{session}'],
  model_arguments: ['--model', '{model}'],
  session: 'learnt',
  prompt: 'stdin',
  environment: {
    OPENCODE_DISABLE_AUTOUPDATE: '1',
    OPENCODE_DISABLE_MODELS_FETCH: '1',
    OPENCODE_CONFIG_CONTENT: JSON.stringify(SETTINGS),
  },
  // No command: there are models that it gives away, for which nobody signs in.
  login: {
    variables: [
      'ANTHROPIC_API_KEY',
      'OPENAI_API_KEY',
      'GEMINI_API_KEY',
      'OPENROUTER_API_KEY',
      'OPENCODE_API_KEY',
    ],
    files: [
      ...['~/.local/share/opencode/auth.json', '~/.config/opencode/opencode.json'],
      '~/.config/opencode/opencode.jsonc',
    ],
  },
  install: 'npm install -g opencode-ai',
  version: { command: ['opencode', '--version'], tried: ['1.18.33'], from: '1.10', below: '2' },
  events: [
    { when: { type: 'step_start' }, as: 'session', once: 'sessionID', take: { id: 'sessionID' } },
    { when: { type: 'text' }, as: 'text', take: { text: 'part.text' } },
    { when: { type: 'tool_use' }, as: 'tool', take: { name: 'part.tool', detail: 'part.state.input' } },
    {
      when: { type: 'step_finish' },
      as: 'usage',
      mode: 'add',
      take: {
        input: ['part.tokens.input', 'part.tokens.cache.read', 'part.tokens.cache.write'],
        cached: 'part.tokens.cache.read',
        output: ['part.tokens.output', 'part.tokens.reasoning'],
        cost: 'part.cost',
      },
    },
    // A small model gives the session its title; that it fails is nobody's concern.
    {
      when: { line: { match: 'message="stream error".* small=false' } },
      as: 'retry',
      take: { message: { path: 'line', match: 'error="(.*)"' } },
      set: { silent: true },
    },
    { when: { type: 'step_finish', 'part.reason': 'stop' }, as: 'end', set: { failed: false } },
    { when: { type: 'error' }, as: 'session', take: { id: 'sessionID' } },
    {
      when: { type: 'error' },
      as: 'end',
      take: { message: 'error.data.message', status: 'error.data.statusCode' },
      set: { failed: true },
    },
  ],
  limits: [
    { match: 'usage limit|[Qq]uota|credit balance|insufficient_quota|FreeUsageLimit', kind: 'usage' },
    { status: [429, 503, 529], kind: 'rate' },
    { match: `${LIMIT}|[Oo]verloaded|Too Many Requests|RESOURCE_EXHAUSTED`, kind: 'rate' },
  ],
  refusals: [
    { status: [400, 401, 403, 404] },
    { match: 'API key|Unauthorized|ProviderModelNotFound|Model not found' },
  ],
  screen: {
    // `Ask anything` stands in an empty conversation only.
    ready: 'ctrl\\+p commands',
    working: 'esc interrupt',
    permission: 'Permission required',
    limit: '\\[retrying in |[Ll]imit reached|[Rr]ate limit',
  },
  exit_codes: { '0': 'ended', '1': 'failed', '130': 'was interrupted', '143': 'was stopped' },
  memory_mb_seen: 630,
  capabilities: ['code', 'tests', 'docs'],
  expose: {
    read: ['~/.config/opencode/opencode.json', '~/.config/opencode/opencode.jsonc'],
    write: ['~/.local/share/opencode/auth.json'],
  },
};
