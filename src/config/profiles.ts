import { type ParseEntry, parse as splitWords } from 'shell-quote';
import { z } from 'zod';
import { LABEL_OPTIONS } from '../command/labels.ts';
import { modelName, profileName } from '../command/options.ts';
import { later, used } from './keys.ts';

/** How one agent CLI is driven. */
export interface Profile {
  name: string;
  /** Program and arguments; run without a shell, in the worktree. */
  command: string[];
  prompt: 'file' | 'stdin' | 'argument';
  maxInstances: number;
  /** Null: the task's own time-out. */
  timeoutSeconds: number | null;
  retryOnFailure: boolean;
  capabilities: string[];
  model: string | null;
  environment: Record<string, string>;
  /** Paths of this machine that it sees in its sandbox besides the system and its worktree. */
  expose: { read: string[]; write: string[] };
  /** Null: what `limits` says for all. */
  memoryMb: number | null;
  cpuPercent: number | null;
}

/** Profiles that will need no `command` once they are built in. */
const BUILT_IN_LATER = ['claude', 'codex', 'gemini', 'opencode', 'cursor'];

const command = z
  .union([z.string(), z.array(z.string().min(1)).min(1)], {
    error: 'must be one command, as text or as a list of its words',
  })
  .transform((words, context) => (typeof words === 'string' ? splitCommand(words, context) : words));

const paths = z
  .array(
    z
      .string()
      .max(4096)
      .regex(/^(\/|~\/.)/, 'must be a path from `/` or `~/`'),
  )
  .max(100)
  .default([]);

const profileSettings = z.strictObject({
  command: used(
    command.optional(),
    'What is run, in the worktree and without a shell. `{prompt}`, `{prompt_file}` and `{model}` are filled in.',
  ),
  prompt: used(
    z.enum(['file', 'stdin', 'argument']).default('file'),
    'How the agent gets its prompt: in the file that `ORCH_PROMPT_FILE` names, on standard input, or as an argument.',
  ),
  max_instances: used(z.int().min(1).max(1000).default(1), 'How many of it may run at once.'),
  timeout_seconds: used(
    z.int().min(60).max(86_400).nullable().default(null),
    'The longest that a run of it may take, whatever the task allows.',
  ),
  retry_on_failure: used(z.boolean().default(true), 'Whether a run that failed in passing is tried again.'),
  capabilities: later(z.array(z.string().min(1).max(50)).max(50).default([]), 'What it is good at.'),
  model: used(modelName.nullable().default(null), 'The model, where the comment names none.'),
  environment: used(
    z
      .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string(), { error: 'must be names with texts' })
      .default({}),
    "Variables for the agent. Orch's own credentials can't be given.",
  ),
  expose: z
    .strictObject({
      read: used(
        paths,
        'Files and folders that it sees in its sandbox: toolchains, settings. `~` is your home.',
      ),
      write: used(
        paths,
        'Files and folders that it may also change, as a CLI does with its login. What lies there is given to the agent.',
      ),
    })
    .prefault({}),
  memory_mb: used(
    z.int().min(16).max(1_000_000).nullable().default(null),
    'Memory that a run may take: above it the run ends. Instead of `limits.memory_mb`.',
  ),
  cpu_percent: used(
    z.int().min(1).max(100_000).nullable().default(null),
    'Processor time that a run may take; 100 is a core. Instead of `limits.cpu_percent`.',
  ),
});

const name = profileName.refine(text => !LABEL_OPTIONS.includes(text), {
  error: 'an agent needs another name: this one is an option in labels',
});

/** The section `agents`: each profile by its name. */
export const agentsSettings = z.record(name, profileSettings).superRefine((agents, context) => {
  for (const [key, { command: words }] of Object.entries(agents)) {
    if (words || BUILT_IN_LATER.includes(key)) continue;
    context.addIssue({ code: 'custom', path: [key], message: 'lacks `command`: what is run for this agent' });
  }
});

/** The profiles that can run, and a warning for each that can't yet. */
export function toProfiles(agents: z.output<typeof agentsSettings>): {
  profiles: Profile[];
  warnings: string[];
} {
  const profiles = Object.entries(agents).flatMap(([key, agent]): Profile[] => {
    if (!agent.command) return [];
    const { prompt, capabilities, model, environment, expose } = agent;
    return [
      {
        name: key,
        command: agent.command,
        prompt,
        maxInstances: agent.max_instances,
        timeoutSeconds: agent.timeout_seconds,
        retryOnFailure: agent.retry_on_failure,
        capabilities,
        model,
        environment,
        expose,
        memoryMb: agent.memory_mb,
        cpuPercent: agent.cpu_percent,
      },
    ];
  });
  const missing = Object.keys(agents).filter(key => !agents[key]?.command);
  const warnings = missing.map(
    key => `agents.${key} can't run without a command: its built-in profile comes later`,
  );
  return { profiles, warnings };
}

/** Words as a shell would make them. What only a shell could do is refused, and variables stay as they are. */
function splitCommand(text: string, context: z.RefinementCtx): string[] {
  const words: ParseEntry[] = splitWords(text, key => `$${key}`);
  const plain = words.filter(word => typeof word === 'string');
  if (plain.length === words.length && plain.length > 0) return plain;
  context.addIssue({
    code: 'custom',
    message:
      plain.length === 0 ? 'is empty' : 'needs a shell, and none is used: write `command: ["sh", "-c", "…"]`',
  });
  return z.NEVER;
}
