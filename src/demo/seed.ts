import { runProgram } from '../shared/program.ts';
import type { Simulator } from '../simulator/simulator.ts';

export const REPOSITORY = 'acme/shop';
export const INSTRUCTION = 'fix the failing test';

/** The users of the demo by what they may do; their names are their roles. */
export const WRITER = 'maintainer';

/** A small repository whose test suite fails: the total leaves out the quantity. */
const FILES: Record<string, string> = {
  'README.md': '# Shop\n\nAdds up what is in the basket. Run the tests with `npm test`.\n',
  'package.json': `${JSON.stringify({ name: 'shop', private: true, type: 'module', scripts: { test: 'node --test' } }, null, 2)}\n`,
  'basket.js': `/** The sum of a basket: price times quantity of each item. */
export function total(items) {
  return items.reduce((sum, item) => sum + item.price, 0);
}
`,
  'basket.test.js': `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { total } from './basket.js';

test('an empty basket costs nothing', () => {
  assert.equal(total([]), 0);
});

test('the quantity counts', () => {
  assert.equal(total([{ price: 3, quantity: 2 }, { price: 4, quantity: 1 }]), 10);
});
`,
};

/** People, repository and, where there is an App, its installation on the simulated GitHub; `directory`: a local repository to copy instead. */
export async function seed(github: Simulator, directory: string | null, hasApp = true): Promise<void> {
  github.addUser('acme', { type: 'Organization' });
  for (const role of ['maintainer', 'visitor']) github.addUser(role);
  await github.createRepository({
    owner: 'acme',
    name: 'shop',
    private: true,
    ...(directory === null ? { files: FILES } : {}),
  });
  github.addCollaborator(REPOSITORY, WRITER, 'write');
  github.addCollaborator(REPOSITORY, 'visitor', 'read');
  if (hasApp) github.installApp('acme');
  if (directory !== null) await copyRepository(github, directory);
}

/** Pushes the checked-out commit as the default branch; the repository itself is only read. */
async function copyRepository(github: Simulator, directory: string): Promise<void> {
  const url = new URL(`${github.url}/${REPOSITORY}.git`);
  url.username = 'x-access-token';
  // A token of the simulated GitHub, which opens nothing else.
  url.password = github.userToken(WRITER);
  await runProgram('git', [
    '-C',
    directory,
    'push',
    '--quiet',
    '--no-verify',
    url.href,
    'HEAD:refs/heads/main',
  ]);
}
