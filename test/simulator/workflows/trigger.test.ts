import { expect, it } from 'vitest';
import { names } from '../../../src/simulator/workflows/trigger.ts';
import { readWorkflow } from '../../../src/simulator/workflows/workflow-file.ts';

const STEPS = '{ runs-on: x, steps: [{ run: make }] }';

it.each([
  ['pull_request', 'opened', 'main', true],
  ['pull_request', 'labeled', 'main', false],
  ['{ pull_request: { types: [labeled] } }', 'labeled', 'main', true],
  ['{ pull_request: { types: [labeled] } }', 'opened', 'main', false],
  ['{ pull_request: { branches: [main, "release/*"] } }', 'opened', 'release/1', true],
  ['{ pull_request: { branches: [main, "release/*"] } }', 'opened', 'release/1/a', false],
  ['{ pull_request: { branches: ["**", "!wild/**"] } }', 'opened', 'wild/a', false],
  ['{ pull_request: { branches-ignore: [main] } }', 'opened', 'main', false],
  ['{ pull_request: { branches-ignore: [main] } }', 'opened', 'next', true],
  ['push', 'opened', 'main', false],
])('`on: %s` and a pull request that is %s onto %s: %s', (on, action, branch, starts) => {
  const file = readWorkflow(`{ on: ${on}, jobs: { one: ${STEPS} } }`);
  expect(names(file, 'pull_request', action, branch)).toBe(starts);
});
