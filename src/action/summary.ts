import { headline } from '../github/report/comment.ts';
import type { EventView, RunView } from '../record/views.ts';
import { showTokens, showUsd } from '../shared/amounts.ts';
import { duration } from '../shared/clock.ts';
import { fenced, plain, plainCell } from '../shared/markdown.ts';
import { shorten } from '../shared/text.ts';
import { mayLeave } from './log.ts';
import { outputsOf, type Story } from './outputs.ts';

/** GitHub shows 1 MiB of a step's summary: the newest of these come nowhere near. */
const MOST_EVENTS = 200;

/** The report of a task on the page of its workflow run, in Markdown. `site` is where the repository's pages are. */
export function summaryOf(story: Story, site: string): string {
  const { id, status, reason, instruction, runs, events } = story;
  const parts = [
    `### ${headline(status, id)}`,
    fenced(shorten(mayLeave(instruction), 2000)),
    reason === null ? '' : `**${plain(shorten(mayLeave(reason), 3000))}**`,
    table(['', ''], factsOf(story, site)),
    runs.length === 0
      ? ''
      : table(['Run', 'Agent', 'Outcome', 'Time', 'Tokens', 'Cost', 'Reason'], runs.map(runRow)),
    history(events),
  ];
  return `${parts.filter(part => part !== '').join('\n\n')}\n`;
}

function factsOf(story: Story, site: string): string[][] {
  const { issue, pull_request: pull, branch, requester } = story;
  const { cost } = outputsOf(story);
  const facts: (string[] | null)[] = [
    issue === null ? null : ['Issue', `[#${issue}](${site}/issues/${issue})`],
    pull === null
      ? null
      : ['Pull request', pull.url === null ? `#${pull.number}` : `[#${pull.number}](${pull.url})`],
    branch === null ? null : ['Branch', plainCell(branch)],
    cost === null ? null : ['Cost', showUsd(cost)],
    ['Asked by', plainCell(requester)],
  ];
  return facts.filter(fact => fact !== null);
}

function runRow({ id, agent, outcome, started_at, ended_at, usage, reason }: RunView): string[] {
  const { tokens, cost_usd: cost = null } = usage ?? {};
  return [
    id,
    plainCell(agent),
    outcome ?? 'live',
    ended_at === null ? '' : duration(Date.parse(ended_at) - Date.parse(started_at)),
    tokens ? showTokens((tokens.input ?? 0) + (tokens.output ?? 0)) : '',
    cost === null ? '' : showUsd(cost),
    plainCell(shorten(mayLeave(reason ?? ''), 500)),
  ];
}

function history(events: readonly EventView[]): string {
  if (events.length === 0) return '';
  const lines = events
    .slice(-MOST_EVENTS)
    .map(({ at, text }) => `- ${at.slice(11, 19)} ${plain(shorten(mayLeave(text), 500))}`);
  return `<details><summary>What happened, in UTC</summary>\n\n${lines.join('\n')}\n\n</details>`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n');
}
