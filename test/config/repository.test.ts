import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultRepositorySettings, parseRepositorySettings } from '../../src/config/repository.ts';
import { loadSettings } from '../../src/config/settings.ts';
import { growth, NEARLY_LINEAR } from '../support/growth.ts';

const server = loadSettings({ text: '', env: {} }).settings;

function parse(text: string, settings = server) {
  const parsed = parseRepositorySettings(text, settings);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed;
}

function problems(text: string): string[] {
  const parsed = parseRepositorySettings(text, server);
  return parsed.ok ? [] : parsed.problems.map(({ line, message }) => `line ${line}: ${message}`);
}

describe('the settings of a repository', () => {
  it('are complete without a file', () => {
    expect(parse('').settings).toEqual({
      agent: null,
      agents: null,
      concurrency: null,
      base: null,
      setup: null,
      copy: [],
      test: null,
      sparse: [],
      workflowFiles: 'refuse',
      timeoutSeconds: null,
      budget: null,
      labels: { trigger: 'orch', pullRequest: [] },
      permissions: { minimum: 'write', users: [], teams: [], floor: 'write' },
      plan: 'never',
      pullRequest: { draft: false, reviewers: 'owners' },
      checks: { proof: true, testFiles: null, timeoutSeconds: 600 },
      followUp: { reviews: true, comments: false, ci: true, ciAttempts: 2, base: 'update' },
      prompt: null,
    });
    expect(defaultRepositorySettings(server)).toEqual(parse('').settings);
    expect(parse('# nothing but a remark').settings).toEqual(parse('').settings);
  });

  it('take every key', () => {
    const { settings } = parse(`
agent: claude
agents: [claude, codex]
concurrency: 2
base: develop
setup:
  - npm ci
  - npm run build && echo done
copy: [.env, config/local.json]
sparse: [src, docs]
timeout: 1h30m
budget: 2usd,1mtokens
labels: { trigger: bot, pull_request: [automated, bot] }
permissions: { minimum: maintain, users: [octocat], teams: [core] }
test: npm test
prompt: "Do {{instruction}}"
checks: { proof: false, test_files: ['checks/**'], timeout: 5m }
follow_up: { comments: true, ci_attempts: 1, base: off }
pull_request: { draft: true, reviewers: none }
`);
    expect(settings).toEqual({
      agent: 'claude',
      agents: ['claude', 'codex'],
      concurrency: 2,
      base: 'develop',
      setup: ['npm ci', 'npm run build && echo done'],
      copy: ['.env', 'config/local.json'],
      test: 'npm test',
      sparse: ['src', 'docs'],
      workflowFiles: 'refuse',
      timeoutSeconds: 5400,
      budget: { usd: 2, tokens: 1_000_000 },
      labels: { trigger: 'bot', pullRequest: ['automated', 'bot'] },
      permissions: { minimum: 'maintain', users: ['octocat'], teams: ['core'], floor: 'write' },
      plan: 'never',
      pullRequest: { draft: true, reviewers: 'none' },
      checks: { proof: false, testFiles: ['checks/**'], timeoutSeconds: 300 },
      followUp: { reviews: true, comments: true, ci: true, ciAttempts: 1, base: 'off' },
      prompt: 'Do {{instruction}}',
    });
  });

  it('can switch setup off', () => expect(parse('setup: []').settings.setup).toEqual([]));

  it.each([
    ['write', 'triage', 'write'],
    ['write', 'admin', 'admin'],
    ['triage', 'triage', 'triage'],
    ['read', 'triage', 'triage'],
    ['admin', 'write', 'admin'],
  ])('where the server admits from %s on, and the repository from %s on, it is %s', (floor, own, minimum) => {
    const { settings } = loadSettings({ text: `github: { permissions_floor: ${floor} }`, env: {} });
    const parsed = parse(`permissions: { minimum: ${own} }`, settings);
    expect(parsed.settings.permissions).toMatchObject({ minimum, floor });
  });
});

describe('a mistake in the settings of a repository is named with its line', () => {
  it.each([
    ['agnet: claude', 'line 1: `agnet`: unknown setting; did you mean `agent`?'],
    ['# first\nagent: Claude', 'line 2: `agent`: must be a name such as claude'],
    ['agent: codex\nagents: [claude]', 'line 1: `agent`: must be one of `agents`'],
    ['agents: []', 'line 1: `agents`: too small'],
    ['concurrency: 0', 'line 1: `concurrency`: too small'],
    ['base: ../x', 'line 1: `base`: must be the branch'],
    ['timeout: 30', 'line 1: `timeout`: expected string'],
    ['budget: 2', 'line 1: `budget`: expected string'],
    ['budget: 2eur', 'line 1: `budget`: must be like 2usd, 500ktokens, or 2usd,500ktokens'],
    ['timeout: 30s', 'line 1: `timeout`: must be how long a try may take: 1m to 24h'],
    ['test: [npm test]', 'line 1: `test`: expected string'],
    ['setup: npm ci', 'line 1: `setup`: expected array'],
    ['setup:\n  - npm ci\n  - 3', 'line 3: `setup.1`: expected string'],
    [`setup: [${'x,'.repeat(21)}]`, 'line 1: `setup`: too big'],
    ['copy: [../../etc/passwd]', 'line 1: `copy.0`: must be a path inside the repository'],
    ['copy: [/etc/passwd]', 'line 1: `copy.0`: must be a path inside the repository'],
    ['labels: { triger: x }', '`labels.triger`: unknown setting; did you mean `trigger`?'],
    ['permissions:\n  minimum: read', 'line 2: `permissions.minimum`: '],
    ['permissions: { users: ["a b"] }', '`permissions.users.0`: must be a name on GitHub'],
    ['prompt: Do it', 'line 1: `prompt`: must contain {{instruction}}'],
    ['agent: a\nagent: b', 'line 2: Map keys must be unique'],
    ['agent: [', 'line 1: '],
    ['agent: *x', "line 1: the file can't be read: Unresolved alias"],
    ['---\nagent: a\n---\nagent: b', 'line 3: Source contains multiple documents'],
    ['\u0000', 'line 1: expected object'],
    ['__proto__: { agent: a }', '`__proto__`: unknown setting'],
  ])('%j', (text, expected) => {
    expect(problems(text)).toContainEqual(expect.stringContaining(expected));
  });
});

describe('a hostile file', () => {
  const fill = (piece: string) => piece.repeat(Math.floor(29_000 / piece.length));
  const letters = 'abcdefghi';
  const bomb = Array.from(letters, (letter, index) => {
    const inner = index === 0 ? 'x' : `*${letters[index - 1]}`;
    return `${letter}: &${letter} [${Array(9).fill(inner).join(', ')}]`;
  }).join('\n');

  it.each([
    ['of aliases upon aliases', bomb],
    ['of open brackets', fill('[')],
    ['of open braces', fill('{a: ')],
    ['of lists in lists', fill('- ')],
    ['of many keys', Array.from({ length: 3000 }, (_, index) => `k${index}: 1`).join('\n')],
    ['of the same key', fill('a: 1\n')],
    ['of a megabyte', 'agent: a\n'.repeat(120_000)],
    ['that holds itself', 'agents: &a [*a]'],
  ])('%s gives at most 100 problems, in a time that grows with its length', (_, text) => {
    const found = problems(text);
    expect(found.length).toBeGreaterThan(0);
    expect(found.length).toBeLessThanOrEqual(100);
    expect(growth(problems, text)).toBeLessThan(NEARLY_LINEAR);
  });

  it('can bring neither lines nor code marks of its own into what is said of it', () => {
    expect(problems('"a`b\\n/orch do it\\u0007": 1')[0]).toContain(
      "line 1: `a'b /orch do it`: unknown setting",
    );
    expect(problems(`${'x'.repeat(5000)}: 1`)[0]?.length).toBeLessThan(320);
  });

  it('never throws', () => {
    const pieces = fc.constantFrom(
      ...['agent', 'labels', 'setup', ': ', '\n', '  ', '- ', '[', ']', '{', '}', '&a ', '*a', '"', "'", '|'],
      ...['# ', '!!binary ', '? ', '%YAML 9', '---', '<<', 'null', '1e999', '\t', '\u0000', '__proto__'],
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(pieces, { maxLength: 30 }).map(parts => parts.join('')),
    );
    fc.assert(
      fc.property(text, body => {
        const parsed = parseRepositorySettings(body, server);
        if (!parsed.ok) expect(parsed.problems.every(({ line }) => line >= 1)).toBe(true);
      }),
    );
  });
});
