import { expect, it } from 'vitest';
import { proofOf } from '../../src/proof/due.ts';
import { REPOSITORY, startTestApp } from '../support/app.ts';

const FAILING = `import { test } from 'node:test';
test('the quantity counts', () => { throw new Error('no'); });
`;
const PASSING = FAILING.replace(`throw new Error('no');`, '');
const agent = (work: string) => `
  ${work} && git add -A && git commit -qm 'Mend it' && git push -q &&
  gh pr create --title 'Mend it' --body 'All tests pass.' && orch done`;

it('nothing is proven by taking the failing test away, or by running none', async () => {
  await using app = await startTestApp({
    agents: {
      deletes: agent('git rm -q a.test.mjs'),
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
  expect(await said(2, 'silences')).toMatchObject({
    verdict: 'unproven',
    reason: 'the tests pass, and the work changes how they are run',
  });
});
