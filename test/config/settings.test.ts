import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadSettings, type Sources } from '../../src/config/settings.ts';
import type { OrchError } from '../../src/shared/errors.ts';

const HOME = '/home/someone';

function load(text: string, more: Partial<Sources> = {}) {
  return loadSettings({ text, env: { HOME }, ...more });
}

function mistakes(text: string): string {
  return failure(() => load(text)).message;
}

function failure(call: () => unknown): OrchError {
  try {
    call();
  } catch (error) {
    return error as OrchError;
  }
  throw new Error('it was accepted');
}

function temporaryHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'orch-settings-'));
  onTestFinished(() => rmSync(home, { recursive: true }));
  return home;
}

describe('settings', () => {
  it('are complete without a file', () => {
    const { settings, warnings } = load('');
    expect(warnings).toEqual([]);
    expect(settings).toMatchObject({
      orchestrator: { home: `${HOME}/.orch`, logLevel: 'info' },
      github: { webhookPath: '/api/github/webhooks', throttle: true, permissionsFloor: 'write' },
      profiles: [],
      taskQueue: {
        maxSize: 1000,
        defaultPriority: 'normal',
        defaultTimeoutMinutes: 30,
        stopGraceSeconds: 30,
      },
      limits: { concurrent: 5, perRepository: null, outputMb: 10 },
      workspaces: { keepDays: 7 },
      sandbox: { kind: 'auto', allowUnsandboxed: false },
      server: { host: '127.0.0.1', port: 3000 },
      policies: { noPullRequest: 'draft', bots: [] },
    });
  });

  it('take every key that is documented, and say which of them do nothing yet', () => {
    const { settings, warnings } = load(EXAMPLE);
    expect(settings.profiles).toMatchObject([
      {
        name: 'claude',
        maxInstances: 2,
        memoryMb: 2048,
        capabilities: ['code', 'tests'],
        environment: { CLAUDE_CODE_MAX_OUTPUT_TOKENS: '8192' },
      },
      { name: 'fixer', command: ['./fix.sh'], expose: { read: ['/opt/sdk'], write: [`${HOME}/.login`] } },
    ]);
    expect(warnings).toEqual([
      ...['host_memory_mb', 'host_cpu_percent'].map(
        key => `limits.${key} is accepted but not used by this release`,
      ),
      ...['enable_metrics', 'metrics_port', 'health_check_interval'].map(
        key => `monitoring.${key} is accepted but not used by this release`,
      ),
      'redis is accepted but not used by this release',
    ]);
  });

  it("take the specification's own example", () => {
    const { settings, warnings } = load(`
orchestrator: { database: ./orch.db, context_dir: ./notes }
task_queue: { database: ./queue.db, timeout_minutes: 45 }
agents: { fixer: { command: './fix.sh --name "two words" {prompt} $HOME' } }
performance: { max_memory_mb: 2048, max_cpu_percent: 80, max_disk_io_mbps: 100 }
`);
    expect(settings.taskQueue.defaultTimeoutMinutes).toBe(45);
    expect(settings.context.directory).toBe('./notes');
    expect(settings.profiles[0]?.command).toEqual(['./fix.sh', '--name', 'two words', '{prompt}', '$HOME']);
    expect(warnings).toHaveLength(3);
  });

  it('warn of values that nothing acts on yet', () => {
    const { warnings } = load('engine: bullmq\norchestrator: { mode: distributed }\nsandbox: { kind: none }');
    expect(warnings).toEqual([
      'engine: bullmq is accepted but not used by this release',
      'orchestrator.mode: distributed is accepted but not used by this release',
    ]);
  });

  it('take an empty value for none', () => {
    expect(load('limits:\nserver:\n  port:\nagents:\n').settings.server.port).toBe(3000);
  });

  it('lead from the home folder of the user to a full path', () => {
    expect(load('orchestrator: { home: ~/orch }').settings.orchestrator.home).toBe(`${HOME}/orch`);
    expect(load('orchestrator: { home: ./orch }').settings.orchestrator.home).toBe(
      join(process.cwd(), 'orch'),
    );
  });
});

describe('a mistake in the settings is named with its line', () => {
  it.each([
    ['limits:\n  concurent: 3', 'line 2: `limits.concurent`: unknown setting; did you mean `concurrent`?'],
    ['server: {}\nagent: {}', 'line 2: `agent`: unknown setting; did you mean `agents`?'],
    ['whatever:', 'line 1: `whatever`: unknown setting; there are `orchestrator`, `github`'],
    ['agents:\n  a:\n    comand: x', 'line 3: `agents.a.comand`: unknown setting; did you mean `command`?'],
    ['limits: { concurrent: 0 }', 'line 1: `limits.concurrent`: too small'],
    ['limits:\n  concurrent: many', 'line 2: `limits.concurrent`: expected number, received string'],
    ['\nserver: { port: 70000 }', 'line 2: `server.port`: too big'],
    ['task_queue: { default_priority: urgent }', 'line 1: `task_queue.default_priority`: '],
    ['workspaces: { keep_days: -1 }', 'line 1: `workspaces.keep_days`: '],
    [
      'github:\n  allow_repositories:\n    - acme',
      'line 3: `github.allow_repositories.0`: must be like acme/*',
    ],
    ['redis: { url: "http://x" }', 'line 1: `redis.url`: '],
    ['agents: { Fixer: { command: x } }', '`agents.Fixer`: must be a name such as claude'],
    ['agents: { high: { command: x } }', '`agents.high`: an agent needs another name'],
    ['agents:\n  fixer: {}', 'line 2: `agents.fixer`: lacks `command`'],
    ['agents: { a: { command: "x && y" } }', '`agents.a.command`: needs a shell, and none is used'],
    ['agents: { a: { command: "ls *.ts" } }', '`agents.a.command`: needs a shell, and none is used'],
    ['agents: { a: { command: "" } }', '`agents.a.command`: is empty'],
    ['agents: { a: { command: x, capabilities: [all sorts] } }', '`agents.a.capabilities.0`: must be a word'],
    ['agents: { a: { command: 3 } }', '`agents.a.command`: must be one command'],
    ['agents: { a: { command: x, environment: { A: 1 } } }', '`agents.a.environment.A`: expected string'],
    ['agents: { a: { command: x, environment: { "A B": "1" } } }', '`agents.a.environment.A B`: '],
    ['a: 1\na: 2', 'line 2: Map keys must be unique'],
    ['server: {', 'line 1: '],
    ['- a', 'line 1: expected object, received array'],
    ['just words', 'line 1: expected object, received string'],
  ])('%j', (text, expected) => expect(mistakes(text)).toContain(expected));

  it('and every one of several', () => {
    expect(mistakes('server: { prt: 1 }\nlimits: { concurrent: 0 }').split('; line')).toHaveLength(2);
  });
});

describe('the settings file', () => {
  const port = (sources: Partial<Sources> & { home: string; env?: Record<string, string | undefined> }) =>
    loadSettings({ ...sources, env: { HOME: sources.home, ...sources.env } }).settings.server.port;

  function write(file: string, value: number): string {
    writeFileSync(file, `server: { port: ${value} }`);
    return file;
  }

  it('is the one that the command line names, else ORCH_CONFIG, else the one in the home folder', () => {
    const home = temporaryHome();
    mkdirSync(join(home, '.orch'));
    write(join(home, '.orch/orch.yaml'), 1001);
    const ORCH_CONFIG = write(join(home, 'env.yaml'), 1002);
    const file = write(join(home, 'flag.yaml'), 1003);
    expect(port({ home })).toBe(1001);
    expect(port({ home, env: { ORCH_CONFIG } })).toBe(1002);
    expect(port({ home, env: { ORCH_CONFIG }, file })).toBe(1003);
    expect(port({ home, file: '~/env.yaml' })).toBe(1002);
    write(join(home, 'orch.yaml'), 1004);
    expect(port({ home, env: { ORCH_HOME: home } })).toBe(1004);
  });

  it('in the current folder goes before the one in the home folder', () => {
    const home = temporaryHome();
    const before = process.cwd();
    onTestFinished(() => process.chdir(before));
    process.chdir(home);
    write(join(home, 'orch.yaml'), 1005);
    expect(port({ home, env: { ORCH_HOME: '/nowhere' } })).toBe(1005);
  });

  it('must be there when it is named', () => {
    const error = failure(() => loadSettings({ file: '/nowhere/orch.yaml', env: {} }));
    expect(error.code).toBe('E_SETTINGS');
    expect(error.message).toContain('/nowhere/orch.yaml');
  });

  it('is named in what is said of its mistakes', () => {
    const file = write(join(temporaryHome(), 'orch.yaml'), -1);
    expect(failure(() => loadSettings({ file, env: {} })).message).toContain(`${file}: line 1:`);
  });
});

describe('the environment goes before the file, and the command line before both', () => {
  const text = 'server: { host: file.example, port: 1 }\norchestrator: { home: /file, log_level: error }';
  const env = { HOME, ORCH_HOME: '~/env', HOST: 'env.example', PORT: '2', LOG_LEVEL: 'debug' };

  it('for host, port, log level and home', () => {
    const { settings } = load(text, { env });
    expect(settings.server).toEqual({ host: 'env.example', port: 2 });
    expect(settings.orchestrator).toMatchObject({ home: `${HOME}/env`, logLevel: 'debug' });
    const flags = { home: '/flag', host: 'flag.example', port: '3', logLevel: 'warn' };
    const flagged = load(text, { env, flags }).settings;
    expect(flagged.server).toEqual({ host: 'flag.example', port: 3 });
    expect(flagged.orchestrator).toMatchObject({ home: '/flag', logLevel: 'warn' });
  });

  it('unless it is empty', () => {
    expect(load(text, { env: { HOME, PORT: '', HOST: '' } }).settings.server.port).toBe(1);
  });

  it('and is checked as well', () => {
    const error = failure(() => load('', { env: { PORT: 'many', LOG_LEVEL: 'loud' } }));
    expect(error.code).toBe('E_SETTINGS');
    expect(error.message).toMatch(/PORT: .*LOG_LEVEL: /);
  });
});

const EXAMPLE = `
orchestrator: { mode: local, home: ~/.orch, log_level: info }
github: { webhook_path: /api/github/webhooks, allow_repositories: ["acme/*"] }
agents:
  claude: { max_instances: 2, timeout_seconds: 1800, retry_on_failure: true, capabilities: [code, tests], model: null,
            memory_mb: 2048, cpu_percent: 100, environment: { CLAUDE_CODE_MAX_OUTPUT_TOKENS: "8192" } }
  fixer:
    command: ["./fix.sh"]
    prompt: file
    max_instances: 3
    expose: { read: [/opt/sdk], write: [~/.login] }
task_queue: { max_size: 1000, default_priority: normal, default_timeout_minutes: 30, max_retries: 3,
              retry_delay_seconds: 60, promote_low_after_minutes: 30 }
limits: { concurrent: 5, per_repository: null, memory_mb: null, cpu_percent: 100, output_mb: 10,
          host_memory_mb: 4096, host_cpu_percent: 80, host_disk_free_mb: 1024 }
sandbox: { kind: auto, allow_unsandboxed: false }
context: { directory: ./context, update_on_completion: true, max_mb: 100 }
monitoring: { enable_metrics: false, metrics_port: 9090, health_check_interval: 30 }
redis: { url: redis://127.0.0.1:6379 }
server: { host: 127.0.0.1, port: 3000 }
api: { enabled: false, tokens_file: ~/.orch/tokens }
engine: local
policies: { on_limit: wait, overlap: allow, failed_prerequisite: hold, no_pull_request: draft, bots: [] }
`;
