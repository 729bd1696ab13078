import { z } from 'zod';
import { amountText } from '../shared/amount-text.ts';
import { baseBranch } from '../shared/names.ts';
import { PRIORITIES } from '../task/glossary.ts';
import { DEFAULTS, isHostEntry } from './hosts.ts';
import { later, used } from './keys.ts';
import { pricesSettings } from './prices.ts';
import { agentsSettings } from './profiles/agents.ts';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** GitHub's roles that may be asked for, weakest first. */
export const ROLES = ['read', 'triage', 'write', 'maintain', 'admin'] as const;

const count = z.int().min(1).max(1_000_000);
const amount = z.int().min(0).max(1_000_000);
const text = z.string().min(1).max(4096);
const port = z.int().min(0).max(65_535);

/** Server settings, as they stand in orch.yaml. */
export const serverSettings = z.strictObject({
  orchestrator: section({
    mode: later(z.enum(['local', 'distributed']).default('local'), 'One machine, or several.', [
      'distributed',
    ]),
    home: used(
      text.optional(),
      'The folder for database, logs, results and workspaces: `~/.orch`, and at a desk `.orch` in the repository, unless set.',
    ),
    log_level: used(z.enum(LOG_LEVELS).default('info'), 'What is worth a line in the log.'),
    database: later(text.nullable().default(null), 'Where the database lies.'),
    context_dir: used(text.optional(), 'Another name of `context.directory`.'),
  }),
  github: section({
    webhook_path: used(
      z
        .string()
        .regex(/^\/[\w./-]*$/)
        .max(200)
        .default('/api/github/webhooks'),
      'The path at which GitHub delivers webhooks.',
    ),
    allow_repositories: used(
      z
        .array(z.string().regex(/^[^/\s]+\/[^/\s]+$/, 'must be like acme/* or acme/shop'))
        .max(1000)
        .default(['*/*']),
      'The repositories that Orch works in, of those that the App is installed in; `*` stands for any name.',
    ),
    permissions_floor: used(
      z.enum(ROLES).default('write'),
      'The weakest role that repositories may admit by their `permissions`.',
    ),
    throttle: used(
      z.boolean().default(true),
      'Keeps to the number of calls and writes that GitHub takes from an installation: more wait. Off for rehearsals.',
    ),
  }),
  agents: used(agentsSettings.prefault({}), 'The agents, by name.'),
  task_queue: section({
    max_size: used(count.default(1000), 'Open tasks at most; more are refused.'),
    default_priority: used(z.enum(PRIORITIES).default('normal'), 'The priority, where none is asked for.'),
    default_timeout_minutes: used(
      z.int().min(1).max(1440).optional(),
      'How long a try may take. 30 unless set.',
    ),
    max_retries: used(
      z.int().min(0).max(100).default(3),
      'How often a task is tried again after a passing failure.',
    ),
    retry_delay_seconds: used(amount.default(60), 'The time before the first retry; it doubles each time.'),
    promote_low_after_minutes: used(
      amount.default(30),
      'After this time a task of low priority becomes normal.',
    ),
    stop_grace_seconds: used(
      z.int().min(0).max(3600).default(30),
      'From asking an agent to stop to killing it.',
    ),
    directory: used(
      text.nullable().default(null),
      'At a desk: a folder whose `pending` takes task files, as from its repository. None unless set.',
    ),
    timeout_minutes: used(z.int().min(1).max(1440).optional(), 'Another name of `default_timeout_minutes`.'),
    database: later(text.nullable().default(null), 'Where the database lies.'),
  }),
  limits: section({
    concurrent: used(count.default(5), 'Runs at once.'),
    per_repository: used(count.nullable().default(null), 'Runs at once in one repository.'),
    file_mb: used(
      z.int().min(1).max(100).default(50),
      'The largest file that an agent may push. GitHub takes 100 MB.',
    ),
    push_mb: used(z.int().min(1).max(2048).default(200), 'What one push may bring, unpacked.'),
    push_files: used(
      count.default(3000),
      'The files that one push may change. A pull request on GitHub lists 3,000.',
    ),
    push_commits: used(
      count.default(250),
      'The commits that one push may bring. A pull request on GitHub lists 250.',
    ),
    output_mb: used(count.default(10), 'Output of a run that is kept.'),
    memory_mb: used(
      z.int().min(16).max(1_000_000).nullable().default(null),
      'Memory that a run may take, where its agent says nothing: above it the run ends.',
    ),
    cpu_percent: used(
      count.nullable().default(null),
      'Processor time that a run may take, where its agent says nothing; 100 is a core.',
    ),
    processes: used(
      z.int().min(16).max(1_000_000).default(4096),
      'Processes and threads of a run at once, where the host can hold it to that.',
    ),
    host_memory_mb: later(count.default(4096), 'Memory of all runs, above which nothing is started.'),
    host_cpu_percent: later(count.default(80), 'Load of the machine, above which nothing is started.'),
    host_disk_free_mb: used(
      amount.default(1024),
      'Free disk, below which no agent is started; tasks wait for it.',
    ),
  }),
  budgets: section({
    task: used(
      amountText.nullable().default(null),
      'What a task may take at most, such as `5usd`, `2mtokens`, or both with a comma: then it is paused.',
    ),
    repository_day: used(
      amountText.nullable().default(null),
      'What the tasks of a repository may take in a day, in UTC: then they wait for the next one.',
    ),
    day: used(amountText.nullable().default(null), 'The same for all repositories together.'),
  }),
  prices: used(pricesSettings.prefault({}), 'What models cost, by name, where their CLI does not say it.'),
  workspaces: section({
    keep_days: used(
      z.int().min(0).max(3650).default(7),
      'Days after which the workspace of an ended task goes.',
    ),
  }),
  checkpoints: section({
    every_minutes: used(
      z.int().min(0).max(1440).default(10),
      'The time from one checkpoint of an agent at work to the next, where anything has changed; 0 makes none by time.',
    ),
    keep: used(z.int().min(2).max(1000).default(50), 'Checkpoints of a task that are kept, the newest.'),
  }),
  backups: section({
    every_hours: used(
      z.int().min(0).max(8760).default(24),
      'The time from one backup of the database to the next; 0 makes none but before an upgrade.',
    ),
    keep: used(z.int().min(1).max(1000).default(7), 'Backups that are kept, the newest.'),
    directory: used(
      text.nullable().default(null),
      'Where they lie. `backups` in the home folder unless set; another disk is better.',
    ),
  }),
  sandbox: section({
    kind: used(
      z.enum(['auto', 'bwrap', 'container', 'none']).optional(),
      'What agents are shut into: bubblewrap, a container, or nothing. `auto` takes what the host has, and never nothing. For the App `auto` unless set, at a desk `none`.',
    ),
    image: used(
      z
        .string()
        .regex(/^[\w][\w./:@-]*$/, 'must be the name of an image')
        .max(300)
        .nullable()
        .default(null),
      'The image for `container`, with the agents in it. It is pulled by hand.',
    ),
    network: used(
      z.enum(['listed', 'open', 'none']).default('listed'),
      'What agents reach: the hosts of `allow_hosts`, all that Orch reaches, or nothing.',
    ),
    allow_hosts: used(
      z
        .array(
          z
            .string()
            .max(300)
            .refine(isHostEntry, 'must be like example.com, *.example.com or example.com:8443'),
        )
        .max(1000)
        .default([DEFAULTS]),
      'Hosts that agents reach, at the ports 443 and 80, or at the one that is named. `defaults` stands for those of known models and package registries.',
    ),
    allow_unsandboxed: used(
      z.boolean().default(false),
      'Accepts what `kind: none` means: agents run as the user that Orch runs as, and can read what it can.',
    ),
  }),
  context: section({
    directory: used(
      text.optional(),
      'Where agents share what they know of a repository. `./context` unless set: there at the desk; for the App in the home folder, by owner and name.',
    ),
    update_on_completion: used(z.boolean().default(true), 'Writes it after each task.'),
    max_mb: used(
      count.default(100),
      'The size of what Orch writes there; the outputs of the oldest tasks go.',
    ),
  }),
  monitoring: section({
    stuck_after_minutes: used(
      z.int().min(1).max(1440).default(10),
      'After so long without output and processor time an agent counts as stuck, and people are told.',
    ),
    enable_metrics: later(z.boolean().default(false), 'Serves metrics.'),
    metrics_port: later(port.default(9090), 'The port for them.'),
    health_check_interval: later(count.default(30), 'Seconds between health checks.'),
  }),
  redis: section(
    {
      url: used(
        z
          .url({ protocol: /^rediss?$/ })
          .nullable()
          .default(null),
        'Where Redis is.',
      ),
    },
    'Redis, for messages.',
  ),
  server: section({
    host: used(text.default('127.0.0.1'), 'The address to listen on.'),
    port: used(port.default(3000), 'The port to listen on; 0 takes a free one.'),
  }),
  api: section({
    enabled: used(
      z.boolean().default(false),
      'Serves the API on the server above too, to callers on this machine who bring a token.',
    ),
    tokens_file: used(
      text.default('~/.orch/tokens'),
      'Who may use it, by name and role. `orch tokens` writes it.',
    ),
  }),
  engine: later(
    z.enum(['local', 'bullmq', 'actions']).default('local'),
    'What carries out runs: this host, or with `actions` jobs of GitHub Actions, on whatever runner GitHub finds for each.',
    ['bullmq'],
  ),
  actions: section({
    workflow: used(
      z
        .string()
        .regex(/^[\w.-]{1,100}\.ya?ml$/, 'must be the name of a file in .github/workflows, such as orch.yml')
        .default('orch.yml'),
      'With `engine: actions`: the workflow that is dispatched for each run, by the name of its file.',
    ),
    repository: used(
      z
        .string()
        .regex(/^[\w.-]+\/[\w.-]+$/, 'must be like acme/runners')
        .nullable()
        .default(null),
      "The repository that it is in, for all others. The task's own unless set.",
    ),
    ref: used(
      (baseBranch as z.ZodType<string>).nullable().default(null),
      'The branch or tag that it is taken from. The default branch unless set.',
    ),
  }),
  policies: section({
    no_pull_request: used(
      z.enum(['draft', 'fail']).default('draft'),
      'What becomes of commits without a pull request: a draft is opened, or the task fails.',
    ),
    workflow_files: used(
      z.enum(['refuse', 'allow']).default('refuse'),
      'Whether repositories may let agents change what lies in `.github/workflows/` and `.github/actions/`. The App needs the permission for workflows too.',
    ),
    bots: used(z.array(z.int().min(1)).max(1000).default([]), 'Ids of the bots that may command.'),
    on_limit: used(
      z.enum(['wait', 'switch', 'ask']).default('wait'),
      "What follows when an agent comes to a limit of its vendor's: the task waits until that ends, another agent goes on with it, or a person says when.",
    ),
    overlap: used(
      z.enum(['allow', 'hold']).default('allow'),
      'What becomes of a task that is about files that another works on now: it starts all the same, or waits for the other.',
    ),
    failed_prerequisite: used(
      z.enum(['hold', 'fail', 'run']).default('hold'),
      'What becomes of tasks that come after one that failed, was escalated or cancelled: they wait for its retry, fail too, or go on without it.',
    ),
  }),
  performance: section(
    {
      max_memory_mb: used(count.nullable().default(null), 'Memory at most.'),
      max_cpu_percent: used(count.nullable().default(null), 'Processor time at most.'),
      max_disk_io_mbps: used(count.nullable().default(null), 'Disk throughput at most.'),
    },
    'Ceilings for the machine.',
  ),
});

/** A section is there with its defaults when the file leaves it out. One that has a description comes later as a whole. */
function section<T extends z.ZodRawShape>(shape: T, laterAs?: string) {
  const schema = z.strictObject(shape).prefault({} as never);
  return laterAs === undefined ? schema : later(schema, laterAs);
}
