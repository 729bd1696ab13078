import type { BareRepository } from './git/repository.ts';

/** What a collaborator may do, weakest first: https://docs.github.com/organizations/managing-user-access-to-your-organizations-repositories */
export const ROLES = ['none', 'read', 'triage', 'write', 'maintain', 'admin'] as const;
export type Role = (typeof ROLES)[number];
export type Level = 'read' | 'write' | 'admin';
/** Permissions of an App by GitHub's names: `{ issues: 'write', contents: 'read' }`. */
export type Permissions = Record<string, Level>;
type AccountType = 'User' | 'Bot' | 'Organization';

export interface User {
  id: number;
  login: string;
  name: string | null;
  type: AccountType;
  createdAt: number;
  /** Shut out by GitHub: as if not there, and without any rights. */
  suspended: boolean;
}

/** People of an organization, with a role in some of its repositories. */
export interface Team {
  organization: User;
  slug: string;
  /** By user id; who has not taken the invitation up yet is pending, and has no rights by the team. */
  members: Map<number, 'active' | 'pending'>;
}

export interface App {
  id: number;
  clientId: string;
  slug: string;
  name: string;
  owner: User;
  /** `slug[bot]`: who did what the App did. */
  bot: User;
  permissions: Permissions;
  events: string[];
  publicKey: string;
  createdAt: number;
}

export interface Installation {
  id: number;
  app: App;
  account: User;
  /** The repositories chosen, or null for all of the account. */
  repositoryIds: Set<number> | null;
  permissions: Permissions;
  events: string[];
  createdAt: number;
  updatedAt: number;
  suspendedAt: number | null;
  suspendedBy: User | null;
}

/** Who does something: a person, or the App as its bot with what its token allows. */
export interface Actor {
  user: User;
  permissions: Permissions | null;
}

export interface Repository {
  id: number;
  owner: User;
  name: string;
  /** What it is a fork of. */
  parent: Repository | null;
  private: boolean;
  description: string | null;
  defaultBranch: string;
  archived: boolean;
  protectedBranches: Set<string>;
  /** What every push is refused with; null for nothing. */
  pushRefusal: string | null;
  /** Roles by user id. The owner is not listed and is always admin. */
  collaborators: Map<number, Role>;
  teams: Map<Team, Role>;
  /** By lower-case name. */
  labels: Map<string, Label>;
  /** Issues and pull requests share one row of numbers. */
  issues: Map<number, Issue>;
  comments: Map<number, Comment>;
  checkRuns: Map<number, CheckRun>;
  checkSuites: Map<string, CheckSuite>;
  statuses: CommitStatus[];
  createdAt: number;
  updatedAt: number;
  pushedAt: number;
  git: BareRepository;
}

export interface Label {
  id: number;
  name: string;
  color: string;
  description: string | null;
}

export interface Reaction {
  id: number;
  user: User;
  content: string;
  createdAt: number;
}

export interface Issue {
  id: number;
  number: number;
  title: string;
  body: string | null;
  user: User;
  byApp: boolean;
  state: 'open' | 'closed';
  stateReason: string | null;
  labels: Label[];
  assignees: User[];
  locked: boolean;
  lockReason: string | null;
  reactions: Reaction[];
  createdAt: number;
  updatedAt: number;
  closedAt: number | null;
  closedBy: User | null;
  /** What a pull request has beyond an issue. */
  pull: PullPart | null;
}

export interface PullRequest extends Issue {
  pull: PullPart;
}

interface PullPart {
  id: number;
  /** The branch lies in the fork, if there is one; its commits are here too. */
  head: { ref: string; sha: string; fork: Repository | null };
  base: { ref: string; sha: string };
  draft: boolean;
  merged: { at: number; by: User; sha: string } | null;
  maintainerCanModify: boolean;
  requestedReviewers: User[];
  reviews: Review[];
  reviewComments: ReviewComment[];
  /** Kept up to date whenever head or base moves. */
  size: { commits: number; additions: number; deletions: number; files: number; mergeable: boolean };
}

export interface Comment {
  id: number;
  issueNumber: number;
  user: User;
  byApp: boolean;
  body: string;
  reactions: Reaction[];
  createdAt: number;
  updatedAt: number;
}

export interface Review {
  id: number;
  user: User;
  body: string;
  state: 'PENDING' | 'COMMENTED' | 'APPROVED' | 'CHANGES_REQUESTED' | 'DISMISSED';
  commit: string;
  submittedAt: number;
}

export interface ReviewComment {
  id: number;
  reviewId: number;
  user: User;
  body: string;
  path: string;
  /** In the newest version; null where it is not there any more, or the whole file is meant. */
  line: number | null;
  originalLine: number | null;
  side: 'LEFT' | 'RIGHT';
  commit: string;
  diffHunk: string;
  inReplyTo: number | null;
  reactions: Reaction[];
  createdAt: number;
  updatedAt: number;
}

export interface CheckSuite {
  id: number;
  headSha: string;
  headBranch: string | null;
  headCommit: {
    id: string;
    tree_id: string;
    message: string;
    timestamp: string;
    author: object;
    committer: object;
  };
  /** Who reports in it. */
  app: App;
  createdAt: number;
}

export interface CheckRun {
  id: number;
  suite: CheckSuite;
  name: string;
  headSha: string;
  externalId: string;
  detailsUrl: string | null;
  status: 'queued' | 'in_progress' | 'completed';
  conclusion: string | null;
  startedAt: number | null;
  completedAt: number | null;
  output: { title: string | null; summary: string | null; text: string | null };
  annotations: Annotation[];
  /** What the job has printed, where it is one of GitHub Actions. */
  log: string | null;
  actions: { label: string; description: string; identifier: string }[];
}

export interface Annotation {
  path: string;
  start_line: number;
  end_line: number;
  start_column?: number | undefined;
  end_column?: number | undefined;
  annotation_level: 'notice' | 'warning' | 'failure';
  message: string;
  title?: string | undefined;
  raw_details?: string | undefined;
}

export interface CommitStatus {
  id: number;
  sha: string;
  state: 'error' | 'failure' | 'pending' | 'success';
  context: string;
  description: string | null;
  targetUrl: string | null;
  creator: User;
  createdAt: number;
}
