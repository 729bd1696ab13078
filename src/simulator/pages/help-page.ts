import { type Help, INSTRUCTION, SUBCOMMANDS, WHO } from '../../help/commands.ts';
import { OPTION_HELP, optionUsage } from '../../help/options.ts';
import { type Html, html } from './html.ts';
import { markdown } from './markdown.ts';
import type { Page } from './visit.ts';

/** What can be written in a comment for the App. */
export function helpPage(): Page {
  const commands = [INSTRUCTION, ...Object.values<Help>(SUBCOMMANDS)];
  return {
    title: 'Commands',
    main: html`<h1>Commands</h1>
<p>A command begins a line of a comment on an issue or pull request. “${INSTRUCTION.who}” are ${WHO[INSTRUCTION.who]}.</p>
${table(
  ['Command', 'What it does', 'Examples', 'Who can use it'],
  commands.map(({ usage, description, examples, who }) => [
    html`<code>/orch ${usage}</code>`,
    html`${description}`,
    html`${examples.map(example => html`<div><code>${example}</code></div>`)}`,
    html`${who}`,
  ]),
)}
<h2>Options</h2>
<p>They stand before the instruction.</p>
${table(
  ['Option', 'What it is'],
  Object.entries(OPTION_HELP).map(([flag, [value, help]]) => [
    html`<code>${optionUsage(flag, value)}</code>`,
    markdown(help, ''),
  ]),
)}`,
  };
}

function table(head: readonly string[], rows: readonly Html[][]): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Table: ${head[0] ?? ''}"><table>
<thead><tr>${head.map(each => html`<th>${each}</th>`)}</tr></thead>
<tbody>${rows.map(cells => html`<tr>${cells.map(cell => html`<td>${cell}</td>`)}</tr>`)}</tbody></table></div>`;
}
