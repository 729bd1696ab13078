import { describe, expect, it } from 'vitest';
import { detectCommand, isRunnerFile } from '../../src/proof/command.ts';
import { failedTests } from '../../src/proof/failures.ts';
import { isTestFile } from '../../src/proof/test-files.ts';

describe('the command that runs the tests', () => {
  const scripts = (test: string) => JSON.stringify({ scripts: { test } });
  it.each<[string | null, Record<string, string>]>([
    ['npm test', { 'package.json': scripts('node --test') }],
    ['pnpm test', { 'package.json': scripts('vitest'), 'pnpm-lock.yaml': '' }],
    ['yarn test', { 'package.json': scripts('jest'), 'yarn.lock': '' }],
    ['python -m pytest -rA', { 'pyproject.toml': '[tool.pytest.ini_options]\n' }],
    ['python -m pytest -rA', { 'setup.cfg': '[tool:pytest]\n' }],
    ['python -m pytest -rA', { 'pytest.ini': '' }],
    ['go test ./...', { 'go.mod': 'module shop' }],
    ['cargo test', { 'Cargo.toml': '' }],
    ['make test', { Makefile: 'all:\n\ntest: all\n\t./check\n' }],
    [null, { Makefile: 'test := 3\n' }],
    [null, { 'package.json': scripts('echo "Error: no test specified" && exit 1') }],
    [null, { 'package.json': 'not JSON' }],
    [null, { 'package.json': '{"scripts":{"test":7}}' }],
    [null, { 'pyproject.toml': '[project]\n' }],
    [null, {}],
  ])('%s', async (command, files) => {
    const found = await detectCommand(async path => files[path] ?? null);
    expect(found?.command ?? null).toBe(command);
  });
});

it('means something else when its script changes', async () => {
  const means = async (test: string) =>
    (
      await detectCommand(async path =>
        path === 'package.json' ? JSON.stringify({ scripts: { test } }) : null,
      )
    )?.means;
  expect(await means('node --test')).not.toBe(await means('true'));
});

it.each([
  ['.npmrc', true],
  ['vitest.config.ts', true],
  ['pytest.ini', true],
  ['src/config.ts', false],
  ['docs/jest.config.md', false],
])('%s says how tests are run: %s', (path, is) => expect(isRunnerFile(path)).toBe(is));

describe('failed tests are named', () => {
  it.each([
    ['TAP', 'ok 1 - adds\nnot ok 2 - takes away\nnot ok 3 - later # TODO not yet', ['takes away']],
    ['node', '✔ adds (1ms)\n✖ takes away (2.5ms)\n✖ failing tests:\n✖ takes away (2.5ms)', ['takes away']],
    ['vitest', '   × shop > takes away 4ms', ['shop > takes away']],
    ['jest', '  ✕ takes away (3 ms)', ['takes away']],
    ['pytest', 'FAILED tests/test_a.py::test_b - assert 1 == 2', ['tests/test_a.py::test_b']],
    [
      'go',
      '--- FAIL: TestTotal (0.00s)\n    --- FAIL: TestTotal/two (0.00s)',
      ['TestTotal', 'TestTotal/two'],
    ],
    ['cargo', 'test shop::total ... FAILED\ntest shop::tax ... ok', ['shop::total']],
    ['nothing', 'it went wrong', []],
  ])('by %s', (_, output, names) => {
    expect(failedTests(output)).toEqual(names);
  });

  it('two hundred at most, and none is long', () => {
    const output = Array.from({ length: 900 }, (_, index) => `not ok ${index} - ${index} ${'x'.repeat(900)}`);
    const names = failedTests(output.join('\n'));
    expect(names).toHaveLength(200);
    expect(Math.max(...names.map(name => name.length))).toBeLessThanOrEqual(200);
  });
});

describe('test files', () => {
  it.each([
    'a.test.js',
    'src/a.spec.tsx',
    'tests/a.py',
    'pkg/test_a.py',
    'a_test.go',
    'src/ATest.java',
    'spec/a_spec.rb',
    'x/__tests__/a.js',
  ])('%s is one', path => expect(isTestFile(path, null)).toBe(true));
  it.each([
    'src/attest.js',
    'contest.py',
    'latest.go',
    'src/test.config',
    'testing/README.md',
    'protest/a.js',
  ])('%s is none', path => expect(isTestFile(path, null)).toBe(false));
  it('the repository says which', () => {
    expect(isTestFile('checks/a.js', ['checks/**'])).toBe(true);
    expect(isTestFile('a.test.js', ['checks/**'])).toBe(false);
  });
});
