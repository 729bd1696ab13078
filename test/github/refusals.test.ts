import { describe, expect, it } from 'vitest';
import { refused } from '../../src/github/refusals.ts';
import { describeError } from '../../src/shared/errors.ts';

const rules = (violation: string) => `push declined due to repository rule violations
error: GH013: Repository rule violations found for refs/heads/orch/T1-fix-it.
Review all repository rules at https://github.com/acme/shop/rules?ref=refs%2Fheads%2Forch%2FT1-fix-it
${violation}`;

/** What GitHub says, word for word, as it is told of in the threads of many projects. */
const SAID: [string, string, RegExp][] = [
  [
    'signed commits',
    rules('- Commits must have verified signatures.\n  Found 1 violation:'),
    /signed.*squash/,
  ],
  [
    'push protection',
    rules(
      '- GITHUB PUSH PROTECTION\nResolve the following violations before pushing again\n- Push cannot contain secrets',
    ),
    /secret.*every commit/,
  ],
  ['a ruleset', rules('- Cannot create ref due to creations being restricted.'), /rule.*bypass/],
  [
    'a protected branch',
    'protected branch hook declined\nerror: GH006: Protected branch update failed for refs/heads/orch/T1.\nerror: Changes must be made through a pull request.',
    /rule.*bypass/,
  ],
  [
    'a merge queue',
    'GH006: Protected branch update failed for refs/heads/main.\nChanges must be made through the merge queue',
    /merge queue/,
  ],
  [
    'workflows',
    'refusing to allow a GitHub App to create or update workflow `.github/workflows/ci.yml` without `workflows` permission',
    /workflows.*by hand/,
  ],
  [
    'a large file',
    "error: GH001: Large files detected. You may want to try Git Large File Storage\nerror: File big.bin is 123.00 MB; this exceeds GitHub's file size limit of 100.00 MB",
    /larger than GitHub takes/,
  ],
  ['an archived repository', 'Repository was archived so is read-only.', /archived/],
  [
    'an IP allow list',
    'Although you appear to have the correct authorization credentials, the `acme` organization has an IP allow list enabled, and your IP address is not permitted to access this resource.',
    /allow list.*owner/,
  ],
  [
    'SAML',
    'Resource protected by organization SAML enforcement. You must grant your OAuth token access to this organization.',
    /SAML.*owner/,
  ],
  [
    'pull requests by Actions',
    'GitHub Actions is not permitted to create or approve pull requests.',
    /Settings → Actions/,
  ],
  ['no commits', 'Validation Failed: No commits between main and orch/T1-fix-it', /already/],
  ['drafts', 'Draft pull requests are not supported in this repository.', /no drafts/],
  ['a base that is gone', 'Validation Failed: base invalid', /base branch is gone.*--base/],
  ['a suspended App', 'This installation has been suspended', /suspended.*by itself/],
  ['a permission', 'Resource not accessible by integration', /lacks a permission.*accept/],
  ['a right to push', 'Permission to acme/shop.git denied to orch[bot].', /lacks a permission/],
];

describe('a refusal of GitHub', () => {
  it.each(SAID)('because of %s says what it means and what to do', (_, said, expected) => {
    const error = refused('E_PUSH_REFUSED', 'GitHub refused the push', said, { kept: 'git fetch x y' });
    const [advice, words] = describeError(error).split(' GitHub said: ');
    expect(advice?.replaceAll('\n', ' ')).toMatch(expected);
    expect(advice).toMatch(/The work is kept: git fetch x y\.$/);
    expect(words).toBe(said);
  });

  it('that Orch does not know is told as it is', () => {
    const error = refused('E_GITHUB', 'GitHub did not open the pull request', 'Hello there');
    expect(describeError(error)).toBe(
      'E_GITHUB: GitHub did not open the pull request: Hello there. GitHub refused; the message says why.',
    );
  });
});
