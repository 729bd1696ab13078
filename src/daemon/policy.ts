import type { Settings } from '../config/settings.ts';
import type { Policy } from '../scheduler/judge.ts';
import type { Run } from '../task/glossary.ts';

/** What becomes of a run of this profile that ends without a pull request. */
export function policyOf(settings: Settings, run: Run): Policy {
  const profile = settings.profiles.find(each => each.name === run.profile);
  return {
    maxRetries: settings.taskQueue.maxRetries,
    retryDelaySeconds: settings.taskQueue.retryDelaySeconds,
    retryOnFailure: profile?.retryOnFailure ?? true,
    noPullRequest: settings.policies.noPullRequest,
    timeoutSeconds: profile?.timeoutSeconds ?? null,
  };
}
