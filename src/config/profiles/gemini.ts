import type { ProfileData } from './schema.ts';

const HEADLESS = ['--yolo', '--skip-trust', '-o', 'stream-json'];

/** Above what the user and the repository set. */
const SETTINGS = {
  general: { enableAutoUpdate: false, enableAutoUpdateNotification: false },
  privacy: { usageStatisticsEnabled: false },
  telemetry: { enabled: false },
  mcpServers: {
    orch: { command: 'orch', args: ['mcp'], env: { ORCH_BROKER: '$ORCH_BROKER', ORCH_TASK: '$ORCH_TASK' } },
  },
};

/** Below what the user sets: without any choice it ends with 41, also where there is a key. */
const DEFAULTS = { security: { auth: { selectedType: 'gemini-api-key' } } };

/** A limit that passes: what is too long for the model stays so. */
const LIMIT = '[Rr]ate.?[Ll]imit|^(?!.*([Tt]oken|[Cc]ontext|[Ll]ength)).*[Ll]imit';

/** Gemini CLI. */
export const GEMINI: ProfileData = {
  command: ['gemini', ...HEADLESS, '--session-id', '{session}'],
  resume: ['gemini', ...HEADLESS, '--resume', '{session}'],
  interactive: ['gemini', '--yolo', '--skip-trust', '--resume', '{session}'],
  model_arguments: ['-m', '{model}'],
  session: 'preset',
  prompt: 'stdin',
  environment: {
    GEMINI_CLI_SYSTEM_SETTINGS_PATH: '{run_directory}/files/settings.json',
    GEMINI_CLI_SYSTEM_DEFAULTS_PATH: '{run_directory}/files/defaults.json',
  },
  files: { 'settings.json': JSON.stringify(SETTINGS), 'defaults.json': JSON.stringify(DEFAULTS) },
  inherits: [
    ...[
      'GOOGLE_GEMINI_BASE_URL',
      'GOOGLE_CLOUD_PROJECT',
      'GOOGLE_CLOUD_LOCATION',
      'GOOGLE_GENAI_USE_VERTEXAI',
    ],
  ],
  login: {
    variables: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
    files: ['~/.gemini/oauth_creds.json', '~/.gemini/settings.json', '~/.gemini/.env'],
    command: 'gemini',
  },
  install: 'npm install -g @google/gemini-cli',
  version: { command: ['gemini', '--version'], tried: ['0.61.0'], from: '0.50', below: '1' },
  events: [
    { when: { type: 'init' }, as: 'session', take: { id: 'session_id', model: 'model' } },
    {
      when: { type: 'message', role: 'assistant' },
      as: 'text',
      mode: 'add',
      take: { text: 'content' },
    },
    { when: { type: 'tool_use' }, as: 'tool', take: { name: 'tool_name', detail: 'parameters' } },
    // Of its retries it tells on standard error alone.
    {
      when: { line: { match: '^Attempt \\d+ failed' } },
      as: 'retry',
      take: { message: 'line', status: { path: 'line', match: '(?:with status |failed with )(\\d{3})' } },
    },
    // Without settings or a login it says so in a line, and ends with 41.
    {
      when: { line: { match: '^(Invalid auth method selected|Please set an Auth method)' } },
      as: 'end',
      take: { message: 'line' },
      set: { failed: true, status: 401 },
    },
    {
      when: { type: 'result' },
      as: 'usage',
      mode: 'set',
      take: { input: 'stats.input_tokens', cached: 'stats.cached', output: 'stats.output_tokens' },
    },
    { when: { type: 'result', status: 'success' }, as: 'end', set: { failed: false } },
    {
      when: { type: 'result', status: 'error' },
      as: 'end',
      take: {
        message: { path: 'error.message', match: '^(?:.*?"message":\\s*")?([^"]+)' },
        status: { path: 'error.message', match: '"code":\\s*(\\d{3})' },
      },
      set: { failed: true },
    },
  ],
  limits: [
    {
      match:
        'retry after \\d{3,}s|request a quota increase|exhausted your (daily|capacity)|PerDay|quota will reset',
      kind: 'usage',
      reset: '(?:retry after|reset after) ([\\dhms.]+?)s?[.\\]\\n]',
    },
    { status: [429, 503, 529], kind: 'rate' },
    {
      match: `Suggested retry|[Qq]uota|${LIMIT}|RESOURCE_EXHAUSTED|overloaded`,
      kind: 'rate',
      reset: 'retry after ([\\d.]+)s',
    },
  ],
  refusals: [
    { status: [400, 401, 403, 404] },
    { match: 'API key not valid|API_KEY_INVALID|UNAUTHENTICATED|is not found for API version' },
  ],
  screen: {
    ready: 'Type your message',
    working: 'esc to cancel',
    permission: 'Allow execution of|Apply this change\\?',
    trust: 'Do you trust (the files in )?this folder',
    limit: 'quota|Usage limit reached',
  },
  exit_codes: {
    '0': 'ended, or was interrupted',
    '1': 'failed',
    '41': 'is not signed in',
    '42': 'did not take its arguments, or does not know the session',
    '55': 'does not trust the folder',
    '144': 'the model refused (400)',
    '145': 'the model refused the key (401)',
    '173': 'the model is at its limit (429)',
  },
  memory_mb_seen: 840,
  capabilities: ['code', 'tests', 'docs'],
  expose: {
    read: ['~/.gemini/settings.json', '~/.gemini/.env', '~/.gemini/google_accounts.json'],
    write: ['~/.gemini/oauth_creds.json'],
  },
};
