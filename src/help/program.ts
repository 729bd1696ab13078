import type { Help, Who } from './commands.ts';

/** The sub-commands of `orch`, in the order in which it tells them, by the words that lead to them. */
export const PROGRAM = {
  init: anybody(
    'init',
    'write an orch.yaml for this repository, with the agents that are on PATH',
    'orch init',
  ),
  start: user(
    'start',
    'run Orch for this repository, in the background',
    'orch start',
    'orch start --agents claude:2,codex:2',
  ),
  stop: user('stop', 'end the daemon when its agents have ended', 'orch stop', 'orch stop --now'),
  serve: user('serve', 'run the daemon: webhooks in, pull requests out', 'orch serve --port 3000'),
  doctor: anybody(
    'doctor',
    'what Orch needs of this machine, whether it is there, and how to get it',
    'orch doctor',
  ),
  agents: user(
    'agents',
    'which agent works on what; with --check whether those of the settings can work',
    'orch agents',
    'orch agents --check',
  ),
  demo: anybody('demo', 'play the whole story on a simulated GitHub, offline', 'orch demo --once'),
  add: user(
    'add [INSTRUCTION...]',
    'queue a task; - takes the instruction from standard input',
    'orch add "fix the failing test"',
    'orch add --after T3 "write the release notes"',
  ),
  run: user(
    'run <INSTRUCTION...>',
    'queue a task and tell how it goes until it is over; Ctrl-C leaves it to itself',
    'orch run --budget 2usd "fix the failing test"',
  ),
  status: user('status', 'the daemon and its newest tasks', 'orch status'),
  tasks: user('tasks', 'the newest tasks', 'orch tasks --status active', 'orch tasks --graph'),
  monitor: user('monitor', 'agents, tasks and what happens, live on the whole screen', 'orch monitor'),
  show: user('show <TASK>', 'a task, its runs and its story', 'orch show T42'),
  report: user(
    'report',
    'what was done and what it took, by day, repository and agent',
    'orch report --since 12h',
  ),
  diff: user('diff <TASK>', "what a task's branch changes", 'orch diff T42'),
  merge: user('merge <TASK>', "bring a task's branch into its base", 'orch merge T42'),
  logs: user('logs <TASK>', "what the agent's terminal printed", 'orch logs -f T42'),
  attach: user(
    'attach <TASK>',
    "join the agent's terminal; leave it with Ctrl-b d",
    'orch attach T42',
    'orch attach T42 --take-over',
  ),
  pause: user(
    'pause <TASK>',
    'stop the agent of a task, which keeps its work and its place',
    'orch pause T42',
  ),
  resume: user('resume <TASK>', 'let a paused task go on where it stopped', 'orch resume T42'),
  cancel: user('cancel <TASK>', 'stop a task for good', 'orch cancel T42'),
  retry: user('retry <TASK>', 'try a task again that failed, was escalated or cancelled', 'orch retry T42'),
  say: user(
    'say <TASK> <TEXT...>',
    "tell a task's agent something, or answer what it asks; - takes standard input",
    'orch say T42 "use the new API"',
  ),
  approve: user(
    'approve <TASK>',
    "have a task's plan carried out",
    'orch approve T42',
    'orch approve T42 --budget 2usd',
  ),
  prove: user(
    'prove <TASK>',
    "run the tests of a task's work once more, and show how to see the same",
    'orch prove T42',
  ),
  checkpoint: user(
    'checkpoint <TASK>',
    "keep how the worktree of a task's agent is now",
    'orch checkpoint T42',
  ),
  rollback: user(
    'rollback <TASK> [N]',
    'bring branch and worktree back to a checkpoint, and pause the task',
    'orch rollback T42 2',
  ),
  checkpoints: user('checkpoints <TASK>', "the kept states of a task's worktree", 'orch checkpoints T42'),
  cleanup: user(
    'cleanup',
    'remove the workspaces of tasks that are over; commits that are nowhere else are kept',
    'orch cleanup',
  ),
  'debug task': user(
    'task <TASK>',
    'the timeline, files and screen of a task, and its next step',
    'orch debug task T42',
  ),
  'debug agent': user(
    'agent <AGENT>',
    "the timeline, files and screen of an agent's task, and its next step",
    'orch debug agent claude-1',
  ),
  completion: anybody(
    'completion <SHELL>',
    "what bash, zsh or fish needs to complete orch's words: source <(orch completion bash)",
    'orch completion bash',
  ),
  'tokens list': user('list', 'names and roles', 'orch tokens', 'orch tokens list'),
  'tokens add': user(
    'add <NAME>',
    'make a token and print it, this once',
    'orch tokens add board --role read',
  ),
  'tokens remove': user('remove <NAME>', 'take a token back; it is dead at once', 'orch tokens remove board'),
  backup: user('backup', 'back the database up now, while the daemon runs or without it', 'orch backup'),
  restore: user(
    'restore [FILE]',
    'list the backups, or put one in the place of the database',
    'orch restore',
  ),
  help: anybody('help [COMMAND]', 'what there is, or all of one command', 'orch help', 'orch help add'),
} satisfies Record<string, Help>;

function user(usage: string, description: string, ...examples: string[]): Help {
  return entry("Orch's user", usage, description, examples);
}

function anybody(usage: string, description: string, ...examples: string[]): Help {
  return entry('anybody', usage, description, examples);
}

function entry(who: Who, usage: string, description: string, examples: readonly string[]): Help {
  return { usage, description, examples, who };
}
