import type { ProfileData } from './schema.ts';

const SKIP = '--dangerously-skip-permissions';
const HEADLESS = ['-p', '--output-format', 'stream-json', '--verbose', SKIP];

/**
 * Orch's own MCP server, from the run's PATH; those of the person whose login it is stay out. Its tools are offered at once:
 * by itself Claude Code only lets the model search for tools of servers.
 */
const MCP = { mcpServers: { orch: { command: 'orch', args: ['mcp'], alwaysLoad: true } } };

/**
 * In a fresh home it asks a person for a theme, whether the folder is trusted and whether permissions may be skipped; nothing
 * else leaves all that out. It then takes a key in the environment for unconfirmed, and uses only what a helper prints.
 */
const AT_THE_KEYBOARD = `export IS_DEMO=1
[ -z "$ANTHROPIC_API_KEY" ] || set -- --settings "$0" "$@"
exec claude "$@"`;
const KEY_OF_ENVIRONMENT = JSON.stringify({ apiKeyHelper: 'printenv ANTHROPIC_API_KEY' });

/** Claude Code. */
export const CLAUDE: ProfileData = {
  command: ['claude', ...HEADLESS, '--session-id', '{session}'],
  resume: ['claude', ...HEADLESS, '--resume', '{session}'],
  interactive: ['sh', '-c', AT_THE_KEYBOARD, KEY_OF_ENVIRONMENT, SKIP, '--resume', '{session}'],
  model_arguments: ['--model', '{model}'],
  mcp_arguments: ['--mcp-config', JSON.stringify(MCP), '--strict-mcp-config'],
  session: 'preset',
  prompt: 'stdin',
  environment: {
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    DISABLE_AUTOUPDATER: '1',
    // By itself it tries ten times, a refused key too: 199 s.
    CLAUDE_CODE_MAX_RETRIES: '3',
  },
  inherits: ['ANTHROPIC_BASE_URL', 'ANTHROPIC_MODEL'],
  login: {
    variables: ['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN', 'CLAUDE_CODE_OAUTH_TOKEN'],
    files: ['~/.claude/.credentials.json', '~/.claude.json'],
    command: 'claude auth login',
  },
  install: 'npm install -g @anthropic-ai/claude-code',
  version: { command: ['claude', '--version'], tried: ['2.1.329', '2.1.332'], from: '2.1', below: '3' },
  as_root: { IS_SANDBOX: '1' },
  events: [
    { when: { type: 'system', subtype: 'init' }, as: 'session', take: { id: 'session_id', model: 'model' } },
    {
      when: { type: 'assistant' },
      each: 'message.content',
      where: { type: 'text' },
      as: 'text',
      take: { text: 'text' },
    },
    {
      when: { type: 'assistant' },
      each: 'message.content',
      where: { type: 'tool_use', name: 'Bash' },
      as: 'tool',
      take: { name: 'name', detail: 'input.command' },
    },
    {
      when: { type: 'assistant' },
      each: 'message.content',
      where: { type: 'tool_use', name: ['Read', 'Edit', 'Write', 'NotebookEdit'] },
      as: 'tool',
      take: { name: 'name', detail: 'input.file_path' },
    },
    {
      when: { type: 'assistant' },
      each: 'message.content',
      where: { type: 'tool_use', name: { match: '^(?!(Bash|Read|Edit|Write|NotebookEdit)$)' } },
      as: 'tool',
      take: { name: 'name', detail: 'input.description' },
    },
    // Each block of a message repeats the message's usage; what it says of output is but the beginning of it.
    {
      when: { type: 'assistant' },
      as: 'usage',
      once: 'message.id',
      take: {
        input: [
          'message.usage.input_tokens',
          'message.usage.cache_creation_input_tokens',
          'message.usage.cache_read_input_tokens',
        ],
        cached: 'message.usage.cache_read_input_tokens',
        output: 'message.usage.output_tokens',
      },
    },
    {
      when: { type: 'system', subtype: 'api_retry' },
      as: 'retry',
      take: { status: 'error_status', message: 'error', delay: 'retry_delay_ms' },
    },
    // Of subscriptions.
    {
      when: { type: 'rate_limit_event', 'rate_limit_info.status': 'rejected' },
      as: 'retry',
      take: { message: 'rate_limit_info.rateLimitType', reset: 'rate_limit_info.resetsAt' },
      set: { status: 429 },
    },
    // `usage` leaves subagents out; a resumed session goes on counting in `modelUsage` and the cost.
    {
      when: { type: 'result' },
      as: 'usage',
      mode: 'session',
      take: {
        input: [
          'modelUsage.*.inputTokens',
          'modelUsage.*.cacheCreationInputTokens',
          'modelUsage.*.cacheReadInputTokens',
        ],
        cached: 'modelUsage.*.cacheReadInputTokens',
        output: 'modelUsage.*.outputTokens',
        cost: 'total_cost_usd',
      },
    },
    {
      when: { type: 'result', subtype: 'success' },
      as: 'end',
      take: { failed: 'is_error', status: 'api_error_status', message: 'result', text: 'result' },
    },
    {
      when: { type: 'result', subtype: { match: '^error' } },
      as: 'end',
      take: { message: 'terminal_reason' },
      set: { failed: true },
    },
  ],
  limits: [
    { match: '^(five_hour|seven_day|overage)', kind: 'usage' },
    {
      match:
        '(usage|session|weekly|Opus) limit reached|hit your (\\w+ )?limit|billing_error|credit balance is too low',
      kind: 'usage',
      reset: '(?:\\||resets (?:at )?)(\\d{10}|[^·()|]+)',
    },
    { status: [429, 529], kind: 'rate' },
    { match: '^(rate_limit|overloaded)$', kind: 'rate' },
  ],
  refusals: [
    { status: [400, 401, 403, 404, 413] },
    { match: '^(authentication_failed|oauth_org_not_allowed|invalid_request|model_not_found)$' },
    { match: 'Invalid API key|Please run /login|OAuth token (has expired|revoked)' },
  ],
  screen: {
    ready: '^\\s*❯',
    working: 'esc to interrupt',
    permission: 'Do you want to (proceed|make this edit|create)',
    trust: 'Do you trust the files in this folder|Is this a project you .*trust',
    limit: 'limit reached|hit your (\\w+ )?limit|Request rejected \\(429\\)',
  },
  exit_codes: { '0': 'ended, or was interrupted', '1': 'failed', '143': 'was stopped' },
  memory_mb_seen: 225,
  capabilities: ['code', 'tests', 'docs'],
  expose: { write: ['~/.claude/.credentials.json'] },
};
