import { Command } from 'commander';
import type { Verb } from './cli/change.ts';
import { version } from './cli/version.ts';

/**
 * The orch command, by the name it was called. Each sub-command loads its own code: a question to the daemon must not load
 * the daemon. What is wrong in the arguments is thrown as commander's own error.
 */
export function createProgram(name: string): Command {
  const program = new Command(name)
    .description('Coding agents that make pull requests: in your own repositories, and on GitHub.')
    .version(version())
    .option('-c, --config <FILE>', 'settings file; else $ORCH_CONFIG, ./orch.yaml or orch.yaml in $ORCH_HOME')
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .configureHelp({ sortSubcommands: false });

  const common = () => program.opts<{ config?: string }>();

  program
    .command('init')
    .description('write an orch.yaml for this repository, with the agents that are on PATH')
    .option('--json', 'as JSON')
    .action(async options => (await import('./daemon/init.ts')).init(options));

  program
    .command('start')
    .description('run Orch for this repository, in the background')
    .option('--agents <LIST>', 'which agents work, and how many of each at once: claude:2,codex:2')
    .option('--foreground', 'stay here, and end with Ctrl-C')
    .option('--log-level <LEVEL>', 'trace, debug, info, warn, error, fatal or silent')
    .option('--json', 'as JSON')
    .action(async options => (await import('./daemon/start.ts')).start({ ...common(), ...options }));

  program
    .command('stop')
    .description('end the daemon when its agents have ended')
    .option('--now', 'stop the agents; they go on after the next start')
    .option('--json', 'as JSON')
    .action(async options => (await import('./cli/stop.ts')).stop({ ...common(), ...options }));

  program
    .command('serve')
    .description('run the daemon: webhooks in, pull requests out')
    .option('--home <DIR>', 'database, logs and workspaces; else $ORCH_HOME or ~/.orch')
    .option('--host <ADDRESS>', 'address to listen on')
    .option('--port <PORT>', 'port to listen on; 0 takes a free one')
    .option('--log-level <LEVEL>', 'trace, debug, info, warn, error, fatal or silent')
    .action(async options => (await import('./daemon/serve.ts')).serve({ ...common(), ...options }));

  program
    .command('doctor')
    .description('what Orch needs of this machine, whether it is there, and how to get it')
    .option('--json', 'as JSON')
    .action(async options => (await import('./daemon/doctor/doctor.ts')).doctor({ ...common(), ...options }));

  program
    .command('agents')
    .description('which agent works on what; with --check whether those of the settings can work')
    .option('--check', 'look for program, version and login, and say what to do if one lacks')
    .option('--json', 'as JSON')
    .action(async ({ check, ...options }) =>
      check
        ? (await import('./cli/check-agents.ts')).checkAgents({ ...common(), ...options })
        : (await import('./cli/agents.ts')).agents({ ...common(), ...options }),
    );

  program
    .command('demo')
    .description('play the whole story on a simulated GitHub, offline')
    .option(
      '--mode <MODE>',
      'where Orch is: server, action (in a workflow), or executor (a server with runners)',
      'server',
    )
    .option('--once', 'end when the story is told, instead of staying up to play on')
    .option('--json', 'one JSON object on standard output, at the end')
    .option('--agent <NAME>', 'a CLI found on PATH, or scripted, idle, unpushed, crashing', 'scripted')
    .option('--repository <DIR>', 'play it on a copy of this repository')
    .option('--instruction <TEXT>', 'what the agent is asked to do')
    .option('--port <PORT>', "the simulated GitHub's port", '0')
    .action(async options => (await import('./demo/demo.ts')).demo(options));

  wish(program.command('add [INSTRUCTION...]'))
    .description('queue a task; - takes the instruction from standard input')
    .option('--file <FILE>', 'queue the tasks of a YAML file instead')
    .action(async (words, options) => (await import('./cli/add.ts')).add(words, { ...common(), ...options }));

  wish(program.command('run <INSTRUCTION...>'))
    .description('queue a task and tell how it goes until it is over; Ctrl-C leaves it to itself')
    .action(async (words, options) => (await import('./cli/run.ts')).run(words, { ...common(), ...options }));

  program
    .command('status')
    .description('the daemon and its newest tasks')
    .option('--json', 'as JSON')
    .action(async options => (await import('./cli/status.ts')).status({ ...common(), ...options }));

  program
    .command('tasks')
    .description('the newest tasks')
    .option('--status <STATE>', 'only those in this state, or those that are pending or active')
    .option('--limit <N>', 'how many', '50')
    .option('--graph', 'as a tree: what waits for what')
    .option('--json', 'as JSON')
    .action(async options => (await import('./cli/tasks.ts')).tasks({ ...common(), ...options }));

  program
    .command('monitor')
    .description('agents, tasks and what happens, live on the whole screen')
    .option('--once', 'how it is now, and end')
    .option('--json', 'how it is now, as JSON')
    .action(async options => (await import('./cli/monitor.ts')).monitor({ ...common(), ...options }));

  program
    .command('show <TASK>')
    .description('a task, its runs and its story')
    .option('--json', 'as JSON')
    .action(async (task, options) => (await import('./cli/show.ts')).show(task, { ...common(), ...options }));

  program
    .command('report')
    .description('what was done and what it took, by day, repository and agent')
    .option('--since <TIME>', 'from when on: 7d, 12h or 2026-11-01', '7d')
    .option('--json', 'as JSON')
    .action(async options => (await import('./cli/report.ts')).report({ ...common(), ...options }));

  program
    .command('diff <TASK>')
    .description("what a task's branch changes")
    .option('--json', 'as JSON: commits, files, title and text')
    .action(async (task, options) => (await import('./cli/pull.ts')).diff(task, { ...common(), ...options }));

  program
    .command('merge <TASK>')
    .description("bring a task's branch into its base")
    .option('--anyway', 'also when its tests failed, or have not ended')
    .option('--json', 'as JSON')
    .action(async (task, options) =>
      (await import('./cli/pull.ts')).merge(task, { ...common(), ...options }),
    );

  program
    .command('logs <TASK>')
    .description("what the agent's terminal printed")
    .option('-f, --follow', 'go on until the task is over')
    .option('--raw', 'the lines of JSON that its CLI printed instead')
    .action(async (task, options) =>
      (await import('./cli/session.ts')).logs(task, { ...common(), ...options }),
    );

  program
    .command('attach <TASK>')
    .description("join the agent's terminal; leave it with Ctrl-b d")
    .option('--take-over', 'pause the agent and work in its CLI yourself; leave that to have the agent go on')
    .action(async (task, options) =>
      (await import('./cli/attach.ts')).attach(task, { ...common(), ...options }),
    );

  for (const [verb, description] of Object.entries(CHANGES) as [Verb, string][]) {
    program
      .command(`${verb} <TASK>`)
      .description(description)
      .option('--json', 'as JSON')
      .action(async (task, options) =>
        (await import('./cli/change.ts')).change(verb, task, { ...common(), ...options }),
      );
  }

  program
    .command('say <TASK> <TEXT...>')
    .description("tell a task's agent something, or answer what it asks; - takes standard input")
    .option('--json', 'as JSON')
    .action(async (task, text, options) =>
      (await import('./cli/say.ts')).tell(task, text, { ...common(), ...options }),
    );

  program
    .command('checkpoint <TASK>')
    .description("keep how the worktree of a task's agent is now")
    .option('--json', 'as JSON')
    .action(async (task, options) =>
      (await import('./cli/checkpoints.ts')).make(task, { ...common(), ...options }),
    );

  program
    .command('rollback <TASK> [N]')
    .description('bring branch and worktree back to a checkpoint, and pause the task')
    .option('--json', 'as JSON')
    .action(async (task, number, options) =>
      (await import('./cli/checkpoints.ts')).rollBack(task, number, { ...common(), ...options }),
    );

  program
    .command('checkpoints <TASK>')
    .description("the kept states of a task's worktree")
    .option('--json', 'as JSON')
    .action(async (task, options) =>
      (await import('./cli/checkpoints.ts')).list(task, { ...common(), ...options }),
    );

  program
    .command('cleanup')
    .description('remove the workspaces of tasks that are over; commits that are nowhere else are kept')
    .option('--json', 'as JSON')
    .action(async options => (await import('./cli/cleanup.ts')).cleanup({ ...common(), ...options }));

  const debug = program
    .command('debug')
    .description('what a task or an agent has done, and what would come next');
  for (const [kind, name] of [
    ['task', 'TASK'],
    ['agent', 'AGENT'],
  ] as const)
    debug
      .command(`${kind} <${name}>`)
      .description(
        `the timeline, files and screen of ${kind === 'task' ? 'a task' : "an agent's task"}, and its next step`,
      )
      .option('--json', 'as JSON')
      .action(async (named, options) =>
        (await import('./cli/debug.ts')).debug(`${kind}s`, named, { ...common(), ...options }),
      );

  program
    .command('completion <SHELL>')
    .description("what bash, zsh or fish needs to complete orch's words: source <(orch completion bash)")
    .action(async shell => (await import('./cli/completion.ts')).completion(program, shell));

  const tokens = program.command('tokens').description('who may use the API over TCP');
  const tokenCommands = () => import('./cli/tokens.ts');

  tokens
    .command('list', { isDefault: true })
    .description('names and roles')
    .option('--json', 'as JSON')
    .action(async options => (await tokenCommands()).list({ ...common(), ...options }));

  tokens
    .command('add <NAME>')
    .description('make a token and print it, this once')
    .option('--role <ROLE>', 'read, operate or admin', 'read')
    .option('--json', 'as JSON')
    .action(async (name, options) => (await tokenCommands()).add(name, { ...common(), ...options }));

  tokens
    .command('remove <NAME>')
    .description('take a token back; it is dead at once')
    .option('--json', 'as JSON')
    .action(async (name, options) => (await tokenCommands()).remove(name, { ...common(), ...options }));

  program
    .command('backup')
    .description('back the database up now, while the daemon runs or without it')
    .option('--json', 'as JSON')
    .action(async options => (await import('./cli/backup.ts')).backup({ ...common(), ...options }));

  program
    .command('restore [FILE]')
    .description('list the backups, or put one in the place of the database')
    .option('--json', 'as JSON')
    .action(async (file, options) =>
      (await import('./cli/restore.ts')).restore(file, { ...common(), ...options }),
    );

  return program;
}

const CHANGES = {
  pause: 'stop the agent of a task, which keeps its work and its place',
  resume: 'let a paused task go on where it stopped',
  cancel: 'stop a task for good',
  retry: 'try a task again that failed, was escalated or cancelled',
} satisfies Record<Verb, string>;

/** What may be said of a task that is asked for. The texts are those of src/command/options.ts, which takes long to load. */
function wish(command: Command): Command {
  return command
    .option('--agent <NAME>', 'the agent that does it, such as claude')
    .option(
      '--capability <NAME>',
      'what the agent must be good at, such as tests; it may be there more than once',
      collect,
    )
    .option('--model <MODEL>', 'the model it is started with, such as sonnet')
    .option('--priority <LEVEL>', 'which tasks go first: high, normal or low')
    .option('--timeout <TIME>', 'how long a try may take: 1m to 24h, such as 1h30m')
    .option('--base <BRANCH>', 'the branch to start from and to open the pull request onto')
    .option('--after <TASK>', 'a task that must be completed first; may be given several times', collect)
    .option('--budget <AMOUNT>', 'what all tries may take: 2usd, 500ktokens or both')
    .option('--context <FILE>', 'a file that the agent is to read first; may be given several times', collect)
    .option('--repository <NAME>', 'of the GitHub App: owner/name, where it is to be done')
    .option('--issue <NUMBER>', 'of the GitHub App: the issue or pull request where it is told')
    .option('--requester <LOGIN>', 'of the GitHub App: who on GitHub wants it; else $GITHUB_ACTOR')
    .option('--json', 'as JSON');
}

function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}
