import type { Help } from './commands.ts';

/** The sub-commands of the `orch` that an agent has in its worktree, by the words that lead to them. */
export const WORKTREE = {
  'pr create': agent(
    'pr create [-t TITLE] [-b BODY | -F FILE] [-B BASE] [-d]',
    'pushes HEAD and opens the pull request, as `gh pr create` does',
    "orch pr create --title 'Fix the total' --body 'Closes #12'",
  ),
  checkpoint: agent(
    'checkpoint [NOTE]',
    'keeps all files as they are now, as before a risky step',
    'orch checkpoint before the migration',
  ),
  ask: agent(
    'ask QUESTION',
    'shows the question to people, waits up to 90 seconds, and prints what they say; after exit code 3 nobody has answered, and the turn should end',
    "orch ask 'May I drop the column?'",
  ),
  progress: agent(
    'progress TEXT',
    "tells people how far the work is, in the window `monitor` of its terminal and in the task's comment",
    "orch progress 'Half of the tests pass'",
  ),
  context: agent(
    'context [FILE]',
    'lists what is known of the repository, or prints one of its files',
    'orch context',
    'orch context NOTES.md',
  ),
  plan: agent(
    'plan [--file PATH]… [--risk TEXT] TEXT',
    'tells the plan that was asked for, before anything is changed; - takes standard input',
    "orch plan --file src/total.js 'Multiply by the quantity, with a test'",
  ),
  done: agent('done [SUMMARY]', 'says that the task is done', "orch done 'The total counts the quantity'"),
  mcp: agent(
    'mcp',
    'an MCP server on standard input and output, with the tools `ask`, `progress`, `read_context`, `open_pull_request`, `plan` and `done`',
    'orch mcp',
  ),
} satisfies Record<string, Help>;

function agent(usage: string, description: string, ...examples: string[]): Help {
  return { usage, description, examples, who: 'the agent of a run' };
}
