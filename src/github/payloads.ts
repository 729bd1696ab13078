import { z } from 'zod';

/** The parts of GitHub's webhook payloads that Orch reads; whatever else they hold is not looked at. */

export const user = z.object({ id: z.number().int(), login: z.string(), type: z.string().default('User') });
export const repository = z.object({
  id: z.number().int(),
  full_name: z.string(),
  default_branch: z.string(),
});
export const issue = z.object({
  number: z.number().int(),
  title: z.string(),
  body: z.string().nullish(),
  labels: z.array(z.object({ name: z.string() })).default([]),
  /** How many there are; null where it isn't told. */
  comments: z.number().int().nullable().default(0),
  updated_at: z.string().optional(),
  pull_request: z.object({}).nullish(),
  /** Who opened it. */
  user: user.nullish(),
});
const base = z.object({
  repository,
  sender: user,
  installation: z.object({ id: z.number().int() }),
});
const app = z.object({ id: z.number().int() }).nullish();

export const issueComment = base.extend({
  issue,
  comment: z.object({
    id: z.number().int(),
    body: z.string(),
    html_url: z.string().optional(),
    created_at: z.string().optional(),
    performed_via_github_app: app,
  }),
});
const pullOf = base.extend({
  pull_request: issue
    .omit({ comments: true, pull_request: true })
    .extend({ head: z.object({ sha: z.string() }) }),
});
export const review = pullOf.extend({
  review: z.object({
    id: z.number().int(),
    /** `commented`, `changes_requested`, `approved`; GitHub may know others. */
    state: z.string(),
    body: z.string().nullish(),
    html_url: z.string(),
    submitted_at: z.string().nullish(),
  }),
});
export const reviewComment = pullOf.extend({
  comment: z.object({
    id: z.number().int(),
    body: z.string(),
    created_at: z.string().optional(),
    /** The first comment of its thread, unless it is that itself. */
    in_reply_to_id: z.number().int().optional(),
  }),
});
export const issueLabel = base.extend({ issue, label: z.object({ name: z.string() }).optional() });
export const issueEdited = base.extend({ issue });
export const issueAssigned = base.extend({ issue, assignee: user.nullish() });
export const checkRun = base.extend({
  check_run: z.object({ id: z.number().int(), external_id: z.string().nullish(), app }),
  requested_action: z.object({ identifier: z.string() }).nullish(),
});
const check = z.object({ head_sha: z.string(), app });
/** A check run, a suite, or a status has ended; of the first two it is told whose they are. */
export const checkEnded = z.object({
  repository: z.object({ id: z.number().int() }),
  installation: z.object({ id: z.number().int() }),
  check_run: check.optional(),
  check_suite: check.optional(),
  sha: z.string().optional(),
});
export const pullRequest = base.extend({
  pull_request: z.object({
    number: z.number().int(),
    html_url: z.string(),
    merged: z.boolean().nullish(),
    draft: z.boolean().nullish(),
    state: z.enum(['open', 'closed']),
    base: z.object({ ref: z.string() }),
    head: z.object({ ref: z.string(), sha: z.string(), repo: z.object({ id: z.number().int() }).nullish() }),
  }),
});

const installation = z.object({ id: z.number().int() });
const named = z.object({ id: z.number().int(), full_name: z.string() });
export const installationChanged = z.object({ installation });
export const repositoriesChanged = z.object({
  installation,
  repositories_removed: z.array(named),
});
export const repositoryChanged = z.object({ installation, repository: named });
export const issueGone = base.extend({
  issue: z.object({ number: z.number().int() }),
  changes: z.object({ new_issue: z.object({ number: z.number().int() }), new_repository: named }).optional(),
});

export const workflowRun = z.object({
  repository: z.object({ id: z.number().int() }),
  workflow_run: z.object({
    id: z.number().int(),
    html_url: z.string(),
    display_title: z.string(),
    actor: z.object({ login: z.string() }).nullish(),
    created_at: z.string(),
    status: z.string().nullable(),
    conclusion: z.string().nullable(),
  }),
});
export const workflowJob = z.object({ workflow_job: z.object({ run_id: z.number().int() }) });
export const pushed = z.object({
  repository: z.object({ id: z.number().int() }),
  ref: z.string(),
  after: z.string(),
  deleted: z.boolean().default(false),
});

type IssueComment = z.infer<typeof issueComment>;
export type CheckRun = z.infer<typeof checkRun>;
export type IssueAssigned = z.infer<typeof issueAssigned>;
export type InReview = z.infer<typeof pullOf>;
export type ReviewSubmitted = z.infer<typeof review>;
export type CommentMade = z.infer<typeof issueComment>;
export type Place = Pick<IssueComment, 'repository' | 'sender' | 'installation' | 'issue'> & {
  /** The comment in a review that is answered below it; else answers are comments of the issue. */
  answersBelow?: number | null;
};

/** A place without an issue, such as a check run, can be asked from too; only complaints need one. */
export type Door = Omit<Place, 'issue'> & Partial<Pick<IssueComment, 'issue' | 'comment'>>;
