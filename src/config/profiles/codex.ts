import type { ProfileData } from './schema.ts';

/** Its own sandbox keeps it from committing in a worktree, whose repository lies elsewhere: Orch's is around it. */
const HEADLESS = ['--json', '--dangerously-bypass-approvals-and-sandbox'];

/** A login shell would forget the PATH on which Orch's commands are, wherever /etc/profile sets one. */
const SHELL = ['-c', 'allow_login_shell=false'];

/** `plugins` has it ask github.com and chatgpt.com, whatever else is switched off. */
const QUIET = [
  ...['--disable', 'plugins', '-c', 'check_for_update_on_startup=false', '-c', 'analytics.enabled=false'],
];

/** Codex CLI. */
export const CODEX: ProfileData = {
  command: ['codex', 'exec', ...HEADLESS, ...SHELL, ...QUIET, '-'],
  resume: ['codex', 'exec', 'resume', ...HEADLESS, ...SHELL, ...QUIET, '{session}', '-'],
  // Its daemon would outlive the terminal.
  interactive: [
    ...['codex', 'resume', '--dangerously-bypass-approvals-and-sandbox', '--no-daemon', ...SHELL, ...QUIET],
    ...['-c', 'projects={"{worktree}"={trust_level="trusted"}}', '{session}'],
  ],
  model_arguments: ['-m', '{model}'],
  // A server gets but a few variables by itself, and its tools 60 s.
  mcp_arguments: [
    ...['-c', 'mcp_servers.orch.command="orch"', '-c', 'mcp_servers.orch.args=["mcp"]'],
    ...['-c', 'mcp_servers.orch.env_vars=["ORCH_BROKER","ORCH_TASK","ORCH_RUN"]'],
    ...['-c', 'mcp_servers.orch.tool_timeout_sec=150'],
  ],
  session: 'learnt',
  prompt: 'stdin',
  inherits: ['OPENAI_BASE_URL'],
  login: {
    variables: ['CODEX_API_KEY', 'OPENAI_API_KEY'],
    files: ['~/.codex/auth.json', '~/.codex/config.toml'],
    command: 'codex login',
  },
  install: 'npm install -g @openai/codex',
  version: { command: ['codex', '--version'], tried: ['0.169.0', '0.171.0'], from: '0.160', below: '1' },
  events: [
    { when: { type: 'thread.started' }, as: 'session', take: { id: 'thread_id' } },
    {
      when: { type: 'item.completed', 'item.type': 'agent_message' },
      as: 'text',
      take: { text: 'item.text' },
    },
    {
      when: { type: 'item.started', 'item.type': 'command_execution' },
      as: 'tool',
      take: { detail: { path: 'item.command', match: '^(?:\\S*sh -l?c ["\']?)?([^]+?)["\']?$' } },
      set: { name: 'shell' },
    },
    {
      when: { type: ['item.started', 'item.completed'], 'item.type': 'file_change' },
      as: 'tool',
      once: 'item.id',
      take: { detail: 'item.changes.0.path' },
      set: { name: 'edit' },
    },
    {
      when: { type: 'item.started', 'item.type': 'mcp_tool_call' },
      as: 'tool',
      take: { name: 'item.tool', detail: 'item.arguments' },
    },
    {
      when: { type: 'item.started', 'item.type': 'web_search' },
      as: 'tool',
      take: { detail: 'item.query' },
      set: { name: 'search' },
    },
    {
      when: { type: 'turn.completed' },
      as: 'usage',
      mode: 'session',
      take: {
        input: 'usage.input_tokens',
        cached: 'usage.cached_input_tokens',
        output: 'usage.output_tokens',
      },
    },
    {
      when: { type: 'error', message: { match: '^Reconnecting' } },
      as: 'retry',
      take: { message: 'message', status: { path: 'message', match: 'status:? (\\d{3})' } },
    },
    { when: { type: 'turn.completed' }, as: 'end', take: {}, set: { failed: false } },
    {
      when: { type: 'turn.failed', 'error.message': { match: '^(?!\\{)' } },
      as: 'end',
      take: { message: 'error.message', status: { path: 'error.message', match: 'status:? (\\d{3})' } },
      set: { failed: true },
    },
    // Of a request that is no good it gives the whole answer, without the status.
    {
      when: { type: 'turn.failed', 'error.message': { match: '^\\{.*invalid_request_error' } },
      as: 'end',
      take: { message: { path: 'error.message', match: '"message":\\s*"([^"]+)' } },
      set: { failed: true, status: 400 },
    },
    {
      when: { type: 'turn.failed', 'error.message': { match: '^\\{(?!.*invalid_request_error)' } },
      as: 'end',
      take: { message: 'error.message' },
      set: { failed: true },
    },
  ],
  limits: [
    {
      match: 'usage limit|out of credits|[Qq]uota exceeded|insufficient_quota',
      kind: 'usage',
      reset: 'try again (?:at|in) ([^.()]+)',
    },
    { status: [429, 503, 529], kind: 'rate' },
    { match: '[Rr]ate limit|at capacity|overloaded', kind: 'rate', reset: 'try again in ([\\d.]+s)' },
  ],
  refusals: [
    { status: [400, 401, 403, 404] },
    { match: 'invalid_request_error|invalid_api_key|model_not_found|not supported when using Codex' },
    { match: 'refresh token|log out and sign in again|token_expired' },
  ],
  screen: {
    ready: '^› ',
    working: 'esc to interrupt',
    permission: 'Would you like to (run|make|grant|apply)',
    trust: 'Trust this folder\\?|Do you trust the contents of this directory',
    limit: 'hit your usage limit',
  },
  exit_codes: { '0': 'ended', '1': 'failed, or was interrupted', '143': 'was stopped' },
  memory_mb_seen: 147,
  capabilities: ['code', 'tests', 'docs'],
  expose: { read: ['~/.codex/config.toml'], write: ['~/.codex/auth.json'] },
};
