import { expect, it } from 'vitest';
import { proofOf } from '../../src/proof/due.ts';
import { REPOSITORY, startTestApp } from '../support/app.ts';

const FAILING = `import { existsSync } from 'node:fs';
import { test } from 'node:test';
test('the quantity counts', () => { if (!existsSync('mended')) throw new Error('no'); });
`;
const PASSING = `import { test } from 'node:test';
test('one costs its price', () => {});
`;
const agent = (work: string) => `
  ${work} && git add -A && git commit -qm 'Mend it' && git push -q &&
  gh pr create --title 'Mend it' --body 'All tests pass.' && orch done`;

it('a proof takes the tests that were there, wherever they lie, run as they were', async () => {
  await using app = await startTestApp({
    agents: {
      deletes: agent('git rm -q a.test.mjs'),
      configures: agent(`touch mended && echo 'fund=false' > .npmrc`),
      moves: agent('touch mended && git mv a.test.mjs quantity.test.mjs'),
      silences: agent(`sed -i 's/node --test/true/' package.json`),
    },
    files: {
      'a.test.mjs': FAILING,
      'b.test.mjs': PASSING,
      'package.json': '{ "scripts": { "test": "node --test" } }\n',
      // A command that is named runs what the work says all the same.
      '.github/orch.yml': 'test: npm test\n',
    },
  });
  const said = async (task: number, agent: string) => {
    await app.github.comment(REPOSITORY, 1, `/orch --agent ${agent} mend it: ${agent}`, 'writer');
    await app.ended(task, 'completed');
    await app.until(() => app.daemon.store.proofs.get(task));
    return proofOf(app.daemon.store, app.task(task));
  };
  expect(await said(1, 'deletes')).toMatchObject({
    verdict: 'unproven',
    reason: 'the tests pass, and the work takes tests away: a.test.mjs',
  });
  const otherwise = {
    verdict: 'unproven',
    reason: 'the tests pass, and the work changes how they are run',
  };
  expect(await said(2, 'silences')).toMatchObject(otherwise);
  expect(await said(3, 'configures')).toMatchObject(otherwise);
  expect(await said(4, 'moves')).toMatchObject({
    verdict: 'proven',
    failedBefore: ['the quantity counts'],
    tests: ['a.test.mjs', 'quantity.test.mjs'],
  });
});
