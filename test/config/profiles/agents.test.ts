import { describe, expect, it } from 'vitest';
import { builtIn, type Profile } from '../../../src/config/profiles/agents.ts';
import { BUILT_IN } from '../../../src/config/profiles/built-in.ts';
import { loadSettings } from '../../../src/config/settings.ts';
import type { OrchError } from '../../../src/shared/errors.ts';

const HOME = '/home/someone';

function profile(yaml: string, name: string): Profile | undefined {
  return loadSettings({ text: yaml, env: { HOME } }).settings.profiles.find(each => each.name === name);
}

function mistakes(yaml: string): string {
  try {
    loadSettings({ text: yaml, env: { HOME } });
  } catch (error) {
    return (error as OrchError).message;
  }
  throw new Error('it was accepted');
}

describe('an agent', () => {
  it('of its own has nothing but what is said of it', () => {
    expect(profile('agents: { fixer: { command: ./fix.sh } }', 'fixer')).toEqual({
      name: 'fixer',
      command: ['./fix.sh'],
      resume: null,
      interactive: null,
      modelArguments: [],
      mcpArguments: [],
      session: 'none',
      prompt: 'file',
      environment: {},
      inherits: [],
      files: {},
      hosts: [],
      login: { variables: [], files: [], command: null },
      install: null,
      version: { command: null, tried: [], from: null, below: null },
      asRoot: {},
      events: [],
      limits: [],
      refusals: [],
      screen: { ready: null, working: null, permission: null, trust: null, limit: null },
      exitCodes: {},
      memoryMbSeen: null,
      capabilities: [],
      expose: { read: [], write: [] },
      maxInstances: 1,
      timeoutSeconds: null,
      retryOnFailure: true,
      model: null,
      memoryMb: null,
      cpuPercent: null,
    });
  });

  it.each(Object.keys(BUILT_IN))('%s needs to be named, and nothing else', name => {
    const known = builtIn(name) as Profile;
    const home = (path: string) => path.replace('~', HOME);
    expect(profile(`agents: { ${name}: {} }`, name)).toEqual({
      ...known,
      expose: { read: known.expose.read.map(home), write: known.expose.write.map(home) },
      login: { ...known.login, files: known.login.files.map(home) },
    });
  });

  it('overrides what is built in key by key, names with values by each', () => {
    const claude = profile(
      'agents: { claude: { max_instances: 3, model: opus, environment: { DISABLE_AUTOUPDATER: "0", A: "1" } } }',
      'claude',
    );
    expect(claude).toMatchObject({ maxInstances: 3, model: 'opus', prompt: 'stdin', session: 'preset' });
    expect(claude?.environment).toEqual({
      ...builtIn('claude')?.environment,
      DISABLE_AUTOUPDATER: '0',
      A: '1',
    });
  });

  it('with a command is something else than what is built in, unless it says that it is like it', () => {
    const command = '[my-claude, "{session}"]';
    expect(profile(`agents: { claude: { command: my-claude } }`, 'claude')).toMatchObject({
      command: ['my-claude'],
      prompt: 'file',
      environment: {},
    });
    const yaml = `agents: { claude: { like: claude, command: ${command}, resume: [], events: [] } }`;
    expect(profile(yaml, 'claude')).toMatchObject({
      command: ['my-claude', '{session}'],
      resume: null,
      events: [],
      prompt: 'stdin',
    });
  });

  it('can be like another, which is built in or in the file, and so on', () => {
    const yaml = `
agents:
  careful: { like: quick, max_instances: 1 }
  quick: { like: claude, max_instances: 4, model: haiku }`;
    expect(profile(yaml, 'careful')).toMatchObject({ maxInstances: 1, model: 'haiku', prompt: 'stdin' });
    expect(profile(yaml, 'quick')).toMatchObject({ maxInstances: 4, name: 'quick' });
  });

  it('can be all data, without a line of code', () => {
    const mine = profile(YAML_ONLY, 'mine');
    expect(mine).toMatchObject({ session: 'learnt', resume: ['mine', 'go-on', '{session}'] });
    expect(mine?.events).toHaveLength(3);
    expect(mine?.events[2]).toEqual({
      when: { line: { match: 'retrying' } },
      as: 'retry',
      take: { status: { path: 'line', match: 'status (\\d+)' } },
      set: {},
    });
  });

  it.each([
    ['{ a: { like: b } }', '`agents.a`: is like `b`, and there is no such profile'],
    ['{ a: { like: b }, b: { like: a } }', '`agents.a`: is like `a`, which is like it again'],
    [
      '{ a: { command: x, session: preset } }',
      '`agents.a`: `session: preset` wants `{session}` in `command`',
    ],
    ['{ a: { command: "x {session}" } }', '`agents.a`: `{session}` in `command` wants `session: preset`'],
    ['{ a: { command: x, resume: [x] } }', '`agents.a`: `resume` lacks `{session}`'],
    ['{ a: { command: x, limits: [{ kind: rate, match: "(" }] } }', 'must be a regular expression'],
    ['{ a: { command: x, files: { ../x: y } } }', 'must be a plain file name'],
    ['{ a: { command: x, files: { x/y: z } } }', 'must be a plain file name'],
    ['{ a: { command: x, hosts: ["http://x"] } }', 'must be a host'],
    ['{ a: { command: x, events: [{ when: {}, as: speech }] } }', '`agents.a.events.0.as`'],
    [
      '{ a: { command: x, events: [{ when: {}, as: end, take: { txt: y } }] } }',
      '`end` has no field `txt`: it has failed, status, message, text',
    ],
    ['{ a: { command: x, version: { from: new } } }', 'must be a version such as 1.2.3'],
  ])('%s is refused', (yaml, expected) => expect(mistakes(`agents: ${yaml}`)).toContain(expected));
});

describe('built-in profiles', () => {
  it.each(Object.keys(BUILT_IN))('%s can be recognised, installed and signed in to', name => {
    const known = builtIn(name);
    expect(known?.install).toContain('install');
    expect(known?.version.tried).not.toEqual([]);
    expect(known?.login.variables).not.toEqual([]);
    expect(known?.resume?.join(' ')).toContain('{session}');
    expect(new Set(known?.events.map(rule => rule.as))).toEqual(
      new Set(['session', 'text', 'tool', 'usage', 'retry', 'end']),
    );
  });
});

const YAML_ONLY = `
agents:
  mine:
    command: [mine, run, --json]
    resume: [mine, go-on, "{session}"]
    session: learnt
    prompt: stdin
    files: { settings.json: '{"telemetry":false}' }
    environment: { MINE_SETTINGS: "{run_directory}/files/settings.json" }
    login: { variables: [MINE_KEY], command: mine login }
    events:
      - { when: { type: hello }, as: session, take: { id: conversation.id } }
      - { when: { type: bye }, as: end, take: { message: reason }, set: { failed: true } }
      - { when: { line: { match: retrying } }, as: retry, take: { status: { path: line, match: 'status (\\d+)' } } }
    limits: [{ status: [429], kind: rate, reset: 'in (\\d+) s' }]
`;
