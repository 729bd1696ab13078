import { Command } from 'commander';
import type { Verb } from './cli/change.ts';
import { version } from './cli/version.ts';
import { type Help, WHO } from './help/commands.ts';
import { OPTION_HELP, PROGRAM_OPTION_HELP } from './help/options.ts';
import { PROGRAM } from './help/program.ts';

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

  under(program, PROGRAM.init)
    .option('--json', 'as JSON')
    .action(async options => (await import('./daemon/init.ts')).init(options));

  under(program, PROGRAM.start)
    .option('--agents <LIST>', 'which agents work, and how many of each at once: claude:2,codex:2')
    .option('--foreground', 'stay here, and end with Ctrl-C')
    .option('--log-level <LEVEL>', 'trace, debug, info, warn, error, fatal or silent')
    .option('--json', 'as JSON')
    .action(async options => (await import('./daemon/start.ts')).start({ ...common(), ...options }));

  under(program, PROGRAM.stop)
    .option('--now', 'stop the agents; they go on after the next start')
    .option('--json', 'as JSON')
    .action(async options => (await import('./cli/stop.ts')).stop({ ...common(), ...options }));

  under(program, PROGRAM.serve)
    .option('--home <DIR>', 'database, logs and workspaces; else $ORCH_HOME or ~/.orch')
    .option('--host <ADDRESS>', 'address to listen on')
    .option('--port <PORT>', 'port to listen on; 0 takes a free one')
    .option('--log-level <LEVEL>', 'trace, debug, info, warn, error, fatal or silent')
    .action(async options => (await import('./daemon/serve.ts')).serve({ ...common(), ...options }));

  under(program, PROGRAM.doctor)
    .option('--json', 'as JSON')
    .action(async options => (await import('./daemon/doctor/doctor.ts')).doctor({ ...common(), ...options }));

  under(program, PROGRAM.agents)
    .option('--check', 'look for program, version and login, and say what to do if one lacks')
    .option('--json', 'as JSON')
    .action(async ({ check, ...options }) =>
      check
        ? (await import('./cli/check-agents.ts')).checkAgents({ ...common(), ...options })
        : (await import('./cli/agents.ts')).agents({ ...common(), ...options }),
    );

  under(program, PROGRAM.demo)
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

  wish(under(program, PROGRAM.add))
    .option('--file <FILE>', 'queue the tasks of a YAML file instead')
    .action(async (words, options) => (await import('./cli/add.ts')).add(words, { ...common(), ...options }));

  wish(under(program, PROGRAM.run)).action(async (words, options) =>
    (await import('./cli/run.ts')).run(words, { ...common(), ...options }),
  );

  under(program, PROGRAM.status)
    .option('--json', 'as JSON')
    .action(async options => (await import('./cli/status.ts')).status({ ...common(), ...options }));

  under(program, PROGRAM.tasks)
    .option('--status <STATE>', 'only those in this state, or those that are pending or active')
    .option('--limit <N>', 'how many', '50')
    .option('--graph', 'as a tree: what waits for what')
    .option('--json', 'as JSON')
    .action(async options => (await import('./cli/tasks.ts')).tasks({ ...common(), ...options }));

  under(program, PROGRAM.monitor)
    .option('--once', 'how it is now, and end')
    .option('--json', 'how it is now, as JSON')
    .action(async options => (await import('./cli/monitor.ts')).monitor({ ...common(), ...options }));

  under(program, PROGRAM.show)
    .option('--json', 'as JSON')
    .action(async (task, options) => (await import('./cli/show.ts')).show(task, { ...common(), ...options }));

  under(program, PROGRAM.report)
    .option('--since <TIME>', 'from when on: 7d, 12h or 2026-11-01', '7d')
    .option('--json', 'as JSON')
    .action(async options => (await import('./cli/report.ts')).report({ ...common(), ...options }));

  under(program, PROGRAM.diff)
    .option('--json', 'as JSON: commits, files, title and text')
    .action(async (task, options) => (await import('./cli/pull.ts')).diff(task, { ...common(), ...options }));

  under(program, PROGRAM.merge)
    .option('--anyway', 'also when its tests failed, or have not ended')
    .option('--json', 'as JSON')
    .action(async (task, options) =>
      (await import('./cli/pull.ts')).merge(task, { ...common(), ...options }),
    );

  under(program, PROGRAM.logs)
    .option('-f, --follow', 'go on until the task is over')
    .option('--raw', 'the lines of JSON that its CLI printed instead')
    .action(async (task, options) =>
      (await import('./cli/session.ts')).logs(task, { ...common(), ...options }),
    );

  under(program, PROGRAM.attach)
    .option('--take-over', 'pause the agent and work in its CLI yourself; leave that to have the agent go on')
    .action(async (task, options) =>
      (await import('./cli/attach.ts')).attach(task, { ...common(), ...options }),
    );

  for (const verb of CHANGES) {
    under(program, PROGRAM[verb])
      .option('--json', 'as JSON')
      .action(async (task, options) =>
        (await import('./cli/change.ts')).change(verb, task, { ...common(), ...options }),
      );
  }

  under(program, PROGRAM.say)
    .option('--json', 'as JSON')
    .action(async (task, text, options) =>
      (await import('./cli/say.ts')).tell(task, text, { ...common(), ...options }),
    );

  under(program, PROGRAM.approve)
    .option('--budget <AMOUNT>', 'what all that follows may take, such as 2usd; else what its quote says')
    .option('--json', 'as JSON')
    .action(async (task, options) =>
      (await import('./cli/approve.ts')).approve(task, { ...common(), ...options }),
    );

  under(program, PROGRAM.prove)
    .option('--json', 'as JSON')
    .action(async (task, options) =>
      (await import('./cli/prove.ts')).prove(task, { ...common(), ...options }),
    );

  under(program, PROGRAM.checkpoint)
    .option('--json', 'as JSON')
    .action(async (task, options) =>
      (await import('./cli/checkpoints.ts')).make(task, { ...common(), ...options }),
    );

  under(program, PROGRAM.rollback)
    .option('--json', 'as JSON')
    .action(async (task, number, options) =>
      (await import('./cli/checkpoints.ts')).rollBack(task, number, { ...common(), ...options }),
    );

  under(program, PROGRAM.checkpoints)
    .option('--json', 'as JSON')
    .action(async (task, options) =>
      (await import('./cli/checkpoints.ts')).list(task, { ...common(), ...options }),
    );

  under(program, PROGRAM.cleanup)
    .option('--json', 'as JSON')
    .action(async options => (await import('./cli/cleanup.ts')).cleanup({ ...common(), ...options }));

  const debug = program
    .command('debug')
    .description('what a task or an agent has done, and what would come next');
  for (const kind of ['task', 'agent'] as const)
    under(debug, PROGRAM[`debug ${kind}`])
      .option('--json', 'as JSON')
      .action(async (named, options) =>
        (await import('./cli/debug.ts')).debug(`${kind}s`, named, { ...common(), ...options }),
      );

  under(program, PROGRAM.completion).action(async shell =>
    (await import('./cli/completion.ts')).completion(program, shell),
  );

  const tokens = program.command('tokens').description('who may use the API over TCP');
  const tokenCommands = () => import('./cli/tokens.ts');

  under(tokens, PROGRAM['tokens list'], { isDefault: true })
    .option('--json', 'as JSON')
    .action(async options => (await tokenCommands()).list({ ...common(), ...options }));

  under(tokens, PROGRAM['tokens add'])
    .option('--role <ROLE>', 'read, operate or admin', 'read')
    .option('--json', 'as JSON')
    .action(async (name, options) => (await tokenCommands()).add(name, { ...common(), ...options }));

  under(tokens, PROGRAM['tokens remove'])
    .option('--json', 'as JSON')
    .action(async (name, options) => (await tokenCommands()).remove(name, { ...common(), ...options }));

  under(program, PROGRAM.backup)
    .option('--json', 'as JSON')
    .action(async options => (await import('./cli/backup.ts')).backup({ ...common(), ...options }));

  under(program, PROGRAM.restore)
    .option('--json', 'as JSON')
    .action(async (file, options) =>
      (await import('./cli/restore.ts')).restore(file, { ...common(), ...options }),
    );

  const { usage, description } = PROGRAM.help;
  return program.helpCommand(usage, description);
}

const CHANGES = ['pause', 'resume', 'cancel', 'retry'] as const satisfies readonly Verb[];

/** A sub-command as the table of helps has it. */
function under(parent: Command, { usage, description, examples, who }: Help, settings = {}): Command {
  const more = `\nExamples:\n${examples.map(each => `  ${each}\n`).join('')}\nFor ${who}: ${WHO[who]}.`;
  return parent.command(usage, settings).description(description).addHelpText('after', more);
}

/** What may be said of a task that is asked for. */
function wish(command: Command): Command {
  for (const [name, [value, help]] of Object.entries({ ...OPTION_HELP, ...PROGRAM_OPTION_HELP })) {
    const text = help.replaceAll('`', '');
    if (value === '') command.option(`--${name}`, text);
    else if (MANY.includes(name)) command.option(`--${name} <${value}>`, text, collect);
    else command.option(`--${name} <${value}>`, text);
  }
  return command.option('--json', 'as JSON');
}

const MANY = ['capability', 'after', 'context'];

function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}
