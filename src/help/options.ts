/** What may be said of a task that is asked for: what an option takes and what it is, in Markdown. */
export const OPTION_HELP = {
  agent: ['NAME', 'the agent that does it, such as `claude`'],
  capability: ['NAME', 'what the agent must be good at, such as `tests`; it may be there more than once'],
  model: ['MODEL', 'the model it is started with, such as `sonnet`'],
  priority: ['LEVEL', 'which tasks go first: `high`, `normal` or `low`'],
  timeout: ['TIME', 'how long a try may take: `1m` to `24h`, such as `1h30m`'],
  base: ['BRANCH', 'the branch to start from and to open the pull request onto'],
  after: ['TASK', 'a task that must be completed first; may be given several times'],
  budget: ['AMOUNT', 'what all tries may take: `2usd`, `500ktokens` or both'],
  plan: ['', 'a plan first, with what it may cost, which people approve before anything is done'],
} as const satisfies Record<string, readonly [value: string, help: string]>;

/** The same for the command line alone. */
export const PROGRAM_OPTION_HELP = {
  context: ['FILE', 'a file that the agent is to read first; may be given several times'],
  repository: ['NAME', 'of the GitHub App: owner/name, where it is to be done'],
  issue: ['NUMBER', 'of the GitHub App: the issue or pull request where it is told'],
  requester: ['LOGIN', 'of the GitHub App: who on GitHub wants it; else $GITHUB_ACTOR'],
} as const satisfies Record<string, readonly [value: string, help: string]>;

export type OptionName = keyof typeof OPTION_HELP;

/** `--budget AMOUNT`, or `--plan`, which takes nothing. */
export function optionUsage(flag: string, value: string): string {
  return `--${flag} ${value}`.trim();
}

/** What the option of this name is, without Markdown. */
export function plainHelp(option: OptionName): string {
  return OPTION_HELP[option][1].replaceAll('`', '');
}
