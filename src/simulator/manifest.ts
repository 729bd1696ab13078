import type { Permissions } from './model.ts';

/** What the simulated App holds unless told otherwise: the permissions and events of app.yml. */
export function defaultManifest(): { permissions: Permissions; events: string[] } {
  return {
    permissions: {
      checks: 'write',
      contents: 'write',
      issues: 'write',
      metadata: 'read',
      pull_requests: 'write',
      statuses: 'write',
    },
    events: [
      'check_run',
      'create',
      'delete',
      'issue_comment',
      'issues',
      'label',
      'pull_request',
      'pull_request_review',
      'pull_request_review_comment',
      'push',
    ],
  };
}
