import type { RepositorySettings } from '../config/repository.ts';
import type { Settings } from '../config/settings.ts';
import type { Secrets } from '../shared/secrets/secrets.ts';
import type { PushRules } from '../workspace/push/rules.ts';

const MEGABYTE = 1024 * 1024;

/** What agents may push, as server and repository have it: each may be the stricter one. */
export function pushRules(
  { limits, policies }: Settings,
  repository: RepositorySettings,
  secrets: Secrets,
): PushRules {
  return {
    limits: {
      fileBytes: limits.fileMb * MEGABYTE,
      bytes: limits.pushMb * MEGABYTE,
      files: limits.pushFiles,
      commits: limits.pushCommits,
    },
    workflows: policies.workflowFiles === 'allow' && repository.workflowFiles === 'allow',
    secrets,
  };
}
