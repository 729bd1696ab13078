import { type ParseEntry, parse as splitWords } from 'shell-quote';
import { z } from 'zod';
import { capabilityName, modelName, profileName } from '../../shared/names.ts';
import { isHostEntry } from '../hosts.ts';
import { used } from '../keys.ts';
import { eventRule, limitRule, pattern, refusalRule } from './rules.ts';

const word = z.string().max(20_000);

const command = z
  .union([z.string(), z.array(word.min(1)).min(1).max(200)], {
    error: 'must be one command, as text or as a list of its words',
  })
  .transform((words, context) => (typeof words === 'string' ? splitCommand(words, context) : words));

const words = z.array(word).max(200);
const variableName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/);
const variables = z.record(variableName, word, { error: 'must be names with texts' });

const paths = z
  .array(
    z
      .string()
      .max(4096)
      .regex(/^(\/|~\/.)/, 'must be a path from `/` or `~/`'),
  )
  .max(100);

/** One step: no `..`, no folder, nothing hidden from who lists it. */
const fileName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'must be a plain file name');
const versionNumber = z.string().regex(/^\d+(\.\d+){0,3}$/, 'must be a version such as 1.2.3');

/** What a profile is where neither orch.yaml nor a built-in one says anything else. */
export const BLANK = {
  resume: null,
  interactive: null,
  model_arguments: [],
  mcp_arguments: [],
  session: 'none',
  prompt: 'file',
  environment: {},
  inherits: [],
  files: {},
  hosts: [],
  login: { variables: [], files: [], command: null },
  install: null,
  version: { command: null, tried: [], from: null, below: null },
  as_root: {},
  events: [],
  limits: [],
  refusals: [],
  screen: { ready: null, working: null, permission: null, trust: null, limit: null },
  exit_codes: {},
  memory_mb_seen: null,
  capabilities: [],
  expose: { read: [], write: [] },
  max_instances: 1,
  timeout_seconds: null,
  retry_on_failure: true,
  model: null,
  memory_mb: null,
  cpu_percent: null,
} as const;

/** A key that a built-in profile, or the one that `like` names, gives where it is left out; at last `BLANK` does. */
function key<T extends z.ZodType>(schema: T, name: keyof typeof BLANK, description: string) {
  const whole = used(schema.optional(), description);
  const last: unknown = BLANK[name];
  return last === null || typeof last === 'object' ? whole : whole.meta({ description, default: last });
}

/** One of `agents`, as it stands in orch.yaml: all of it may be left out where a built-in profile has it. */
export const profileSettings = z.strictObject({
  like: used(
    profileName.optional(),
    'Another profile, built in or of this file: what is not said here is as there. The built-in one of this name, unless there is a `command`.',
  ),
  command: used(
    command.optional(),
    'What is run without a person, in the worktree and without a shell. Placeholders are filled in.',
  ),
  resume: key(
    words,
    'resume',
    'What goes on with the session `{session}` without a person. Empty: none can be resumed.',
  ),
  interactive: key(words, 'interactive', 'What a person takes over with, in the session `{session}`.'),
  model_arguments: key(words, 'model_arguments', 'Added where a model is set, with `{model}`.'),
  mcp_arguments: key(words, 'mcp_arguments', "Added to each command: they connect Orch's MCP server."),
  session: key(
    z.enum(['preset', 'learnt', 'none']),
    'session',
    "Whose its conversation's id is: Orch's, put in place of `{session}`, the CLI's, which its events tell, or nobody's.",
  ),
  prompt: key(
    z.enum(['file', 'stdin', 'argument']),
    'prompt',
    'How the agent gets its prompt: in the file that `ORCH_PROMPT_FILE` names, on standard input, or as an argument.',
  ),
  environment: key(
    variables,
    'environment',
    "Variables for the agent. Orch's own credentials can't be given.",
  ),
  inherits: key(
    z.array(variableName).max(100),
    'inherits',
    "Variables of Orch's own environment that it gets where they are set, such as an endpoint.",
  ),
  files: key(
    z.record(fileName, z.string().max(20_000)),
    'files',
    'Files by name, written for each run into `{run_directory}/files`: settings of the CLI.',
  ),
  hosts: key(
    z.array(z.string().refine(isHostEntry, 'must be a host such as models.example:8080')).max(100),
    'hosts',
    'Hosts that its runs reach besides those of `sandbox.allow_hosts`, such as the endpoint of its model.',
  ),
  login: z
    .strictObject({
      variables: used(
        z.array(variableName).max(50).optional(),
        'Variables of which any signs it in. It gets them from the environment of Orch.',
      ),
      files: used(paths.optional(), 'Files of which any says that somebody has signed in.'),
      command: used(
        z.string().min(1).max(500).optional(),
        'What a person runs to sign in. Without it the agent is thought to work unsigned too.',
      ),
    })
    .optional(),
  install: key(z.string().min(1).max(500), 'install', 'What a person runs to install it.'),
  version: z
    .strictObject({
      command: used(command.optional(), 'What prints its version.'),
      tried: used(z.array(versionNumber).max(50).optional(), 'Versions that are known to work.'),
      from: used(versionNumber.optional(), 'The oldest that works.'),
      below: used(versionNumber.optional(), 'The first that is not thought to work.'),
    })
    .optional(),
  as_root: key(
    variables,
    'as_root',
    'Variables without which it refuses to run as root; in a sandbox it gets them.',
  ),
  events: key(
    z.array(eventRule).max(200),
    'events',
    'What the lines that it prints mean. None: it prints no JSON.',
  ),
  limits: key(z.array(limitRule).max(100), 'limits', 'How a rate or usage limit is recognised, and its end.'),
  refusals: key(z.array(refusalRule).max(100), 'refusals', 'What the model refuses for good.'),
  screen: z
    .strictObject({
      ready: used(pattern.optional(), 'What its screen shows when it waits for a prompt.'),
      working: used(pattern.optional(), 'What it shows while it works.'),
      permission: used(pattern.optional(), 'What it shows when it asks for a permission.'),
      trust: used(pattern.optional(), 'What it shows when it asks whether the folder is trusted.'),
      limit: used(pattern.optional(), 'What it shows at a limit.'),
    })
    .optional(),
  exit_codes: key(
    z.record(z.string().regex(/^\d{1,3}$/), z.string().max(200)),
    'exit_codes',
    'What its exit codes mean, for people.',
  ),
  memory_mb_seen: key(
    z.int().min(1).max(1_000_000),
    'memory_mb_seen',
    'The most memory that it was seen to take.',
  ),
  capabilities: key(
    z.array(capabilityName).max(100),
    'capabilities',
    'What it is good at, in words of your own: `--capability tests` asks for an agent with `tests`.',
  ),
  expose: z
    .strictObject({
      read: used(
        paths.optional(),
        'Files and folders that it sees in its sandbox: toolchains, settings. `~` is your home.',
      ),
      write: used(
        paths.optional(),
        'Files and folders that it may also change, as a CLI does with its login. What lies there is given to the agent.',
      ),
    })
    .optional(),
  max_instances: key(z.int().min(1).max(1000), 'max_instances', 'How many of it may run at once.'),
  timeout_seconds: key(
    z.int().min(60).max(86_400),
    'timeout_seconds',
    'The longest that a run of it may take, whatever the task allows.',
  ),
  retry_on_failure: key(
    z.boolean(),
    'retry_on_failure',
    'Whether a run that failed in passing is tried again.',
  ),
  model: key(modelName, 'model', 'The model, where the comment names none.'),
  memory_mb: key(
    z.int().min(16).max(1_000_000),
    'memory_mb',
    'Memory that a run may take: above it the run ends. Instead of `limits.memory_mb`.',
  ),
  cpu_percent: key(
    z.int().min(1).max(100_000),
    'cpu_percent',
    'Processor time that a run may take; 100 is a core. Instead of `limits.cpu_percent`.',
  ),
});

/** A profile as its data stands in a file: what is left out is as in `BLANK`. */
export type ProfileData = z.input<typeof profileSettings>;

/** Words as a shell would make them. What only a shell could do is refused, and variables stay as they are. */
function splitCommand(text: string, context: z.RefinementCtx): string[] {
  const words: ParseEntry[] = splitWords(text, name => `$${name}`);
  const plain = words.filter(each => typeof each === 'string');
  if (plain.length === words.length && plain.length > 0) return plain;
  context.addIssue({
    code: 'custom',
    message:
      plain.length === 0 ? 'is empty' : 'needs a shell, and none is used: write `command: ["sh", "-c", "…"]`',
  });
  return z.NEVER;
}
