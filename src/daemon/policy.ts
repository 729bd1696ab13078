import type { Settings } from '../config/settings.ts';
import type { Policy } from '../scheduler/judge.ts';
import type { Run } from '../task/glossary.ts';

/** The longest that this run's agent may take, whatever the task allows. */
export function profileTimeout({ profiles }: Pick<Settings, 'profiles'>, run: Run): number | null {
  return profiles.find(({ name }) => name === run.profile)?.timeoutSeconds ?? null;
}

/** What becomes of a run of this profile that ends without a pull request. `allowed`: the repository's agents; null is all. */
export function policyOf(settings: Settings, run: Run, allowed: readonly string[] | null): Policy {
  const profile = settings.profiles.find(each => each.name === run.profile);
  const { noPullRequest, onLimit } = settings.policies;
  const hasOther = settings.profiles.some(
    ({ name }) => name !== run.profile && (allowed === null || allowed.includes(name)),
  );
  return {
    maxRetries: settings.taskQueue.maxRetries,
    retryDelaySeconds: settings.taskQueue.retryDelaySeconds,
    retryOnFailure: profile?.retryOnFailure ?? true,
    noPullRequest,
    timeoutSeconds: profileTimeout(settings, run),
    onLimit: onLimit === 'switch' && !hasOther ? 'wait' : onLimit,
  };
}
