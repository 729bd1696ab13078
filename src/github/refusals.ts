import { OrchError } from '../shared/errors.ts';

interface Refusal {
  /** GitHub's own words, over git or the API. */
  says: RegExp;
  /** The same in one sentence. */
  means: string;
  /** The next step, for whoever can take it. */
  remedy: string;
}

/**
 * How GitHub says no to a push or a pull request, and what to do. The first that matches counts, so what names a rule
 * stands before what only says that there are rules. docs/github.md tells more of each.
 */
const REFUSALS: readonly Refusal[] = [
  {
    says: /verified signature/i,
    means: 'the branch takes signed commits only, and those of an agent are not signed',
    remedy: 'Leave `orch/**` out of the rule: merging by squash signs what reaches the base.',
  },
  {
    says: /push cannot contain secrets|GITHUB PUSH PROTECTION/i,
    means: 'GitHub found a secret in the commits',
    remedy: 'Take it out of every commit, or allow it on GitHub if it is none; then retry.',
  },
  {
    says: /without `?workflows?`? (permission|scope)/i,
    means: 'the commits change files in `.github/workflows`, which Orch may not',
    remedy: 'Leave workflows as they are, or make that change by hand.',
  },
  {
    says: /merge queue/i,
    means: 'the branch changes through its merge queue only',
    remedy: 'Leave `orch/**` out of the rule.',
  },
  {
    says: /creations? being restricted|GH013|repository rule violations|GH006|protected branch/i,
    means: 'a rule of the repository or its organization protects the branch',
    remedy: 'Leave `orch/**` out of the rule, or let the App bypass it; then retry.',
  },
  {
    says: /GH001|exceeds GitHub's file size limit/i,
    means: 'a file is larger than GitHub takes',
    remedy: 'Take it out of every commit; then retry.',
  },
  {
    says: /was archived|repository is archived/i,
    means: 'the repository is archived',
    remedy: 'Take it out of the archive; then retry.',
  },
  {
    says: /IP allow list/i,
    means: 'the organization has an IP allow list without the address of this host',
    remedy: 'An owner adds the address to the list; then retry.',
  },
  {
    says: /SAML/,
    means: 'the organization enforces SAML single sign-on, and does not let the App through',
    remedy: 'An owner of the organization installs the App there again; then retry.',
  },
  {
    says: /not permitted to create or approve pull requests/i,
    means: 'the settings of Actions do not let workflows open pull requests',
    remedy: 'Allow it under Settings → Actions → General, of the organization too; then retry.',
  },
  {
    says: /no commits between/i,
    means: 'the base has all of these commits already',
    remedy: 'Nothing, if the work is merged; else ask again with what is missing.',
  },
  {
    says: /draft pull requests are not supported/i,
    means: 'the plan of the repository has no drafts',
    remedy: 'Have the agent open an ordinary pull request.',
  },
  {
    says: /\bbase invalid\b/,
    means: 'the base branch is gone',
    remedy: 'Bring it back and retry, or ask again with `--base`.',
  },
  {
    says: /installation has been suspended/i,
    means: 'the App is suspended here',
    remedy: 'Whoever suspended it ends that; Orch then goes on by itself.',
  },
  {
    says: /not accessible by (integration|personal access token)|permission to \S+ denied|permissions requested are not granted/i,
    means: 'Orch lacks a permission here',
    remedy:
      "Add it under `permissions:` of the job; where Orch is an App, accept the App's new permissions, or install it again. Then retry.",
  },
];

/**
 * GitHub's refusal as an error with the next step, and where the work is kept; what GitHub said stands last, since it may
 * be long.
 */
export function refused(
  code: 'E_PUSH_REFUSED' | 'E_GITHUB',
  what: string,
  said: string,
  { kept, cause }: { kept?: string; cause?: unknown } = {},
): OrchError {
  const known = REFUSALS.find(({ says }) => says.test(said));
  const work = kept && `The work is kept: ${kept}.`;
  const remedy = [known?.remedy, work, known && `GitHub said: ${said}`].filter(Boolean).join(' ');
  return new OrchError(code, `${what}: ${known?.means ?? said}`, { cause, ...(remedy && { remedy }) });
}
