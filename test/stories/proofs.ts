import { REPOSITORY } from '../support/app.ts';
import type { Story } from './story.ts';

/** A total that leaves the quantity out, and a test that does not see it. */
const SHOP = {
  'README.md': '# Shop\n',
  'total.mjs': 'export const total = (price, quantity) => price;\n',
  'total.test.mjs': `import { test } from 'node:test';
import assert from 'node:assert';
import { total } from './total.mjs';
test('one costs its price', () => assert.equal(total(3, 1), 3));
`,
};
const WITH_COMMAND = { ...SHOP, '.github/orch.yml': 'test: node --test\n' };

const agent = (work: string) => `
  ${work}
  git add -A && git commit -qm 'Count the quantity' && git push -q &&
  gh pr create --title 'Count the quantity' --body 'All tests pass, I promise.' && orch done`;

const FIX = `echo 'export const total = (price, quantity) => price * quantity;' > total.mjs`;
const TEST = `cat > quantity.test.mjs <<'END'
import { test } from 'node:test';
import assert from 'node:assert';
import { total } from './total.mjs';
test('two cost twice as much', () => assert.equal(total(3, 2), 6));
END`;

function story(
  name: string,
  world: Story['world'],
  wanted: { conclusion: string; says: RegExp; also?: RegExp },
): Story {
  return {
    name,
    needsAgents: true,
    world,
    async play({ github, on, over, proven }) {
      await github.comment(REPOSITORY, 1, '/orch count the quantity', 'writer');
      const pull = (await over(1))?.pull ?? null;
      if (pull !== null) await proven(1);
      const found = on.pull(pull);
      const [check] = on.checks(found?.head).filter(each => each.name === 'orch');
      const comment = on.comments(1).join('\n');
      const evidence = { head: found?.head, check, pull_request_text: found?.body, comment };
      const says = (text: string | null | undefined) => wanted.says.test(text ?? '');
      return {
        ...{ task: 1, pull, evidence },
        claims: {
          [`the check run is ${wanted.conclusion}`]: check?.conclusion === wanted.conclusion,
          'the check run says why': says(check?.summary),
          'the pull request says it': says(found?.body),
          'the comment in the issue says it': says(comment),
          "nothing of it shows the host's folders": ![check?.summary, found?.body, comment].some(text =>
            text?.includes('/proofs/T1'),
          ),
          ...(wanted.also && { 'with what it takes to see it': wanted.also.test(found?.body ?? '') }),
        },
      };
    },
  };
}

export const proofFailsThenPasses = story(
  'proof_fails_then_passes',
  {
    agents: { good: agent(`${FIX}\n${TEST}`) },
    files: { ...SHOP, 'package.json': '{ "scripts": { "test": "node --test" } }\n' },
  },
  {
    conclusion: 'success',
    says: /Failed before, passes now/,
    also: /git switch --detach [0-9a-f]{40} && git checkout --no-overlay [0-9a-f]{40} -- 'quantity\.test\.mjs' && npm test {3}# fails\ngit switch --detach [0-9a-f]{40} && npm test {3}# passes/,
  },
);

export const proofAbsentSaid = story(
  'proof_absent_said',
  { agents: { good: agent(FIX) }, files: WITH_COMMAND },
  { conclusion: 'neutral', says: /Nothing proves this change.*No test was added or changed/ },
);

export const proofBrokenSaid = story(
  'proof_broken_said',
  {
    agents: { good: agent(`echo 'export const total = () => 6;' > total.mjs\n${TEST}`) },
    files: WITH_COMMAND,
  },
  {
    conclusion: 'failure',
    says: /Something broke.*Tests that passed before fail now/,
    also: /Fail now: `one costs its price`/,
  },
);
