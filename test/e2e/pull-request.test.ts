import { expect, it } from 'vitest';
import { REPOSITORY, repositoryOf, startTestApp } from '../support/app.ts';

const TEMPLATE = '.github/pull_request_template.md';

/** Fills in the template that its prompt names. */
const AGENT = `
  grep -q 'Its body is .${TEMPLATE}., filled in' "$ORCH_PROMPT_FILE" &&
  echo fixed > fixed.txt && git add fixed.txt && git commit -qm 'Fix it' && git push -q &&
  gh pr create --title 'Fix it' --body "$(sed 's/WHAT/The total/' ${TEMPLATE})" && orch done`;

it('a pull request follows the template, is a draft by policy, and says when an approval would be one’s own', async () => {
  await using app = await startTestApp({
    agents: { good: AGENT },
    files: {
      'README.md': '# Shop\n',
      [TEMPLATE]: '## What\n\nWHAT\n',
      '.github/orch.yml': 'pull_request: { draft: true }\n',
    },
  });
  app.github.setProtected(REPOSITORY, 'main', true);
  await app.github.comment(REPOSITORY, 1, '/orch fix the total', 'writer');
  const { pull } = await app.ended(1, 'completed');
  await app.quiet();
  const issue = repositoryOf(app.github).issues.get(pull as number);
  expect(issue?.pull).toMatchObject({ draft: true, requestedReviewers: [{ login: 'writer' }] });
  expect(issue?.body).toMatch(
    /^## What\n\nThe total\n\nCloses #1\. `main` is protected\. An approval by `writer`, who asked for this, [\s\S]*<sub>T1, asked by @writer/,
  );
  expect(issue?.body).toMatch(/<sub>T1 \(run T1\.1\) · `good-1`<\/sub>\n<!-- orch:end of report -->$/);
});
