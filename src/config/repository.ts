import { z } from 'zod';
import { readOption } from '../command/options.ts';
import { plainHelp } from '../help/options.ts';
import { amountText } from '../shared/amount-text.ts';
import type { Amount } from '../shared/amounts.ts';
import { profileName } from '../shared/names.ts';
import { camelKeys } from './camel.ts';
import { used } from './keys.ts';
import { ROLES } from './schema.ts';
import type { Settings } from './settings.ts';
import { type Problem, readYaml } from './yaml.ts';

export type { Problem };

type Role = (typeof ROLES)[number];

/** What a repository says of itself in .github/orch.yml, within the bounds of the server's settings. */
export interface RepositorySettings {
  agent: string | null;
  /** Agents that may work here; null means all. */
  agents: string[] | null;
  concurrency: number | null;
  base: string | null;
  /** Shell commands; null means those that the lock file asks for. */
  setup: string[] | null;
  /** Paths in the repository. */
  copy: string[];
  /** A shell command that tests the work; null means what the project's files say, or at a desk none. */
  test: string | null;
  /** Directories that are checked out; none means all. */
  sparse: string[];
  timeoutSeconds: number | null;
  budget: Amount | null;
  labels: { trigger: string; pullRequest: string[] };
  permissions: {
    /** Whoever has this role may command. */
    minimum: Role;
    /** These may command as well, if they have at least the role `floor`. */
    users: string[];
    teams: string[];
    floor: Role;
  };
  /** Whether agents may change what GitHub Actions runs, as far as the server allows it. */
  workflowFiles: 'refuse' | 'allow';
  checks: {
    /** Whether Orch runs the tests of what agents did. */
    proof: boolean;
    /** Which files are tests; null means what is usual in the language. */
    testFiles: string[] | null;
    timeoutSeconds: number;
  };
  pullRequest: {
    /** It is opened as a draft, whatever the agent wants. */
    draft: boolean;
    /** Who is asked for a review, beside the code owners, whom GitHub asks. */
    reviewers: 'requester' | 'owners' | 'none';
  };
  /** What has the agent go on after its pull request is open. */
  followUp: {
    reviews: boolean;
    comments: boolean;
    ci: boolean;
    /** Times at most that a failing CI wakes the agent of a pull request. */
    ciAttempts: number;
    base: 'update' | 'conflicts' | 'off';
  };
  /** Which tasks at issues begin with a plan that people approve, besides those that were asked for so. */
  plan: 'never' | 'outsiders' | 'always';
  /** Replaces the prompt's text. */
  prompt: string | null;
}

type Parsed = { ok: true; settings: RepositorySettings } | { ok: false; problems: Problem[] };

/** Reads the settings that a task carries: from this release, or from an older one that knew fewer. */
export function carriedSettings(server: Pick<Settings, 'github'>): (stored: string) => RepositorySettings {
  const defaults = defaultRepositorySettings(server);
  return stored => {
    const settings = { ...defaults, ...(JSON.parse(stored) as Partial<RepositorySettings>) };
    return { ...settings, permissions: bounded(settings.permissions, server) };
  };
}

/** What settings a repository without a file has. */
export function defaultRepositorySettings(server: Pick<Settings, 'github'>): RepositorySettings {
  const parsed = parseRepositorySettings('', server);
  if (!parsed.ok) throw new Error('defaults must be valid');
  return parsed.settings;
}

/** Reads .github/orch.yml, which anybody may have written. Never throws. */
export function parseRepositorySettings(text: string, server: Pick<Settings, 'github'>): Parsed {
  const read = readYaml(text, repositorySettings);
  if (!read.ok) return read;
  const { labels, permissions, timeout, checks, follow_up, pull_request, workflow_files, ...rest } =
    read.value;
  const settings = {
    ...rest,
    timeoutSeconds: timeout,
    workflowFiles: workflow_files,
    followUp: camelKeys(follow_up),
    pullRequest: pull_request,
    checks: { proof: checks.proof, testFiles: checks.test_files, timeoutSeconds: checks.timeout },
    labels: { trigger: labels.trigger, pullRequest: labels.pull_request },
    permissions: bounded(permissions, server),
  };
  return { ok: true, settings };
}

/** What a repository grants, within what the server lets it grant. */
function bounded(
  { minimum, users, teams }: Omit<RepositorySettings['permissions'], 'floor'>,
  server: Pick<Settings, 'github'>,
): RepositorySettings['permissions'] {
  const floor = server.github.permissionsFloor;
  const isBelow = ROLES.indexOf(minimum) < ROLES.indexOf(floor);
  return { minimum: isBelow ? floor : minimum, users, teams, floor };
}

const text = z.string().trim().min(1).max(2000);
const label = z.string().trim().min(1).max(50);
const login = z.string().regex(/^[\w-]{1,39}$/, 'must be a name on GitHub');
const team = z.string().regex(/^[\w-]{1,100}$/, 'must be the short name of a team');
const path = text.refine(name => !name.split('/').includes('..') && !name.startsWith('/'), {
  error: 'must be a path inside the repository',
});

/** A value that the option of this name takes in comments. */
function option(flag: 'base' | 'timeout', field: 'base' | 'timeoutSeconds') {
  return z.string().transform((value, context) => {
    const read = readOption(flag, value)?.[field];
    if (read !== undefined) return read;
    context.addIssue({ code: 'custom', message: `must be ${plainHelp(flag)}` });
    return z.NEVER;
  });
}

/** Repository settings, as they stand in .github/orch.yml. */
export const repositorySettings = z
  .strictObject({
    agent: used(profileName.nullable().default(null), 'The agent, where the comment names none.'),
    agents: used(
      z.array(profileName).min(1).max(100).nullable().default(null),
      "The agents that may work here. All of the server's unless set.",
    ),
    concurrency: used(z.int().min(1).max(1000).nullable().default(null), 'Runs at once in this repository.'),
    base: used(
      (option('base', 'base') as z.ZodType<string>).nullable().default(null),
      'The branch that tasks start from. The default branch unless set.',
    ),
    setup: used(
      z.array(text).max(20).nullable().default(null),
      'Shell commands that are run in a fresh workspace, before the agent. Those that fit the lock file unless set.',
    ),
    copy: used(
      z.array(path).max(100).default([]),
      'Files that the server holds for this repository and puts into the workspace, such as `.env`.',
    ),
    test: used(
      text.nullable().default(null),
      'A shell command that runs the tests, such as `npm test`. Unless set it is what package.json, pytest, go.mod, Cargo.toml or a Makefile says; at a desk, none.',
    ),
    sparse: used(z.array(path).max(100).default([]), 'Directories to check out. All unless set.'),
    timeout: used(
      (option('timeout', 'timeoutSeconds') as z.ZodType<number>).nullable().default(null),
      'How long a try may take, such as `45m`.',
    ),
    budget: used(
      amountText.nullable().default(null),
      "What a task may take, such as `2usd` or `500ktokens`, where the comment names nothing. Not above the server's `budgets.task`.",
    ),
    labels: z
      .strictObject({
        trigger: used(
          label.default('orch'),
          'The label that starts a task, and the beginning of its options.',
        ),
        pull_request: used(
          z.array(label).max(20).default([]),
          'Labels for the pull requests that Orch opens.',
        ),
      })
      .prefault({}),
    permissions: z
      .strictObject({
        minimum: used(
          z.enum(['triage', 'write', 'maintain', 'admin']).default('write'),
          "Who may command: people with this role. Not below the server's `github.permissions_floor`.",
        ),
        users: used(
          z.array(login).max(200).default([]),
          "People who may command too, by login, if they have at least the server's `github.permissions_floor`.",
        ),
        teams: used(
          z.array(team).max(20).default([]),
          'Teams of the organization whose members may too, by the short name in their address. The same floor holds.',
        ),
      })
      .prefault({}),
    workflow_files: used(
      z.enum(['refuse', 'allow']).default('refuse'),
      "Whether agents may change what lies in `.github/workflows/` and `.github/actions/`, if the server's `policies.workflow_files` allows it.",
    ),
    prompt: used(
      z
        .string()
        .max(20_000)
        .refine(template => template.includes('{{instruction}}'), { error: 'must contain {{instruction}}' })
        .nullable()
        .default(null),
      'What the agent is told, with `{{instruction}}`, `{{issue}}`, `{{branch}}`, `{{base}}`, `{{so_far}}`, `{{guidance}}` and `{{steps}}` filled in.',
    ),
    plan: used(
      z.enum(['never', 'outsiders', 'always']).default('never'),
      'Which tasks at issues begin with a plan that people approve, besides those that were asked for so: those at issues whose author may not command (`outsiders`), all, or none.',
    ),
    checks: z
      .strictObject({
        proof: used(
          z.boolean().default(true),
          'Orch runs the tests on the base and on the work, and says what that shows.',
        ),
        test_files: used(
          z.array(path).min(1).max(100).nullable().default(null),
          'Which files are tests, such as `checks/**`. What is usual in the language unless set.',
        ),
        timeout: used(
          (option('timeout', 'timeoutSeconds') as z.ZodType<number>).prefault('10m'),
          'How long the tests may take, each time, and the setup before them.',
        ),
      })
      .prefault({}),
    pull_request: z
      .strictObject({
        draft: used(
          z.boolean().default(false),
          'Pull requests are opened as drafts, for people to make ready.',
        ),
        reviewers: used(
          z.enum(['requester', 'owners', 'none']).default('owners'),
          'Who is asked for a review: whoever asked for the task unless GitHub has asked code owners (`owners`), or always (`requester`), or nobody but those owners.',
        ),
      })
      .prefault({}),
    follow_up: z
      .strictObject({
        reviews: used(
          z.boolean().default(true),
          'A review by somebody who may command, with requested changes or comments at lines, has the agent go on in its pull request.',
        ),
        comments: used(z.boolean().default(false), 'So does a comment there, though it holds no command.'),
        ci: used(z.boolean().default(true), 'So does a CI that failed, once all of it has ended.'),
        ci_attempts: used(
          z.int().min(0).max(20).default(2),
          'How often a CI that failed does so in one pull request, at most.',
        ),
        base: used(
          z.enum(['update', 'conflicts', 'off']).default('update'),
          'What follows when the base has moved: Orch merges it where that is clean and the proof still holds, else the agent does; with `conflicts` only conflicts are seen to, by the agent; or nothing.',
        ),
      })
      .prefault({}),
  })
  .refine(({ agent, agents }) => agent === null || agents === null || agents.includes(agent), {
    path: ['agent'],
    error: 'must be one of `agents`',
  });
