import { showAmount, showUsd } from '../../shared/amounts.ts';
import { duration } from '../../shared/clock.ts';
import { plain } from '../../shared/markdown.ts';
import { shorten } from '../../shared/text.ts';
import { isWaiting, type Plan, type Quote } from '../../store/plans.ts';
import { type Task, taskName } from '../../task/glossary.ts';
import { isFinal } from '../../task/states.ts';
import { withoutHostPaths } from './paths.ts';

const MOST_LINES = 200;
const MOST_CHARACTERS = 20_000;
const MOST_FILES = 30;

/** The plan of a task with what it is expected to take, and what people can do about it; empty where there is none to show. */
export function planText(task: Task, plan: Plan | null): string {
  if (plan === null || plan.text === null) return '';
  if (plan.approvedBy !== null) return folded(plan, `approved by \`${plain(plan.approvedBy)}\``);
  if (isFinal(task.state)) return '';
  if (!isWaiting(task, plan)) return folded(plan, 'is being changed');
  const name = taskName(task.id);
  return [
    `🗺️ **The plan**, version ${plan.version}`,
    quoted(plan.text),
    details(plan),
    plan.quote === null ? '' : quoteText(plan.quote, task),
    plan.isStale
      ? `⚠️ **The text of the issue has changed since, so this plan can't be approved.** Have a new one made: \`/orch say ${name} make the plan anew\``
      : `**Approve it** with 👍 on this comment, or with \`/orch approve ${name}\`, with \`--budget 2usd\` for another bound. Change it with a comment here, or \`/orch say ${name} …\`. Nothing is changed before.`,
  ].join('\n\n');
}

function folded(plan: Plan, how: string): string {
  const whole = [quoted(plan.text ?? ''), details(plan)].join('\n\n');
  return `<details><summary>The plan, version ${plan.version}: ${how}</summary>\n\n${whole}\n\n</details>`;
}

/** Others' words line by line: nothing in them formats, mentions or hides. */
function quoted(text: string): string {
  const lines = shorten(withoutHostPaths(text), MOST_CHARACTERS).split('\n').slice(0, MOST_LINES);
  return lines.map(line => `> ${plain(line)}`.trimEnd()).join('\n');
}

function details({ files, risk }: Plan): string {
  const named = files.slice(0, MOST_FILES).map(file => `\`${file.replace(/[`\n]/g, "'")}\``);
  const more = files.length > MOST_FILES ? ` and ${files.length - MOST_FILES} more` : '';
  const said = risk === null ? 'its agent names none' : plain(shorten(risk, 1000));
  return `- Files expected: ${named.length === 0 ? 'none named' : `${named.join(', ')}${more}`}\n- Risk: ${said}`;
}

/** What it is expected to take, by what tasks have taken before. */
function quoteText({ usd, seconds, from, ahead, atWork, capUsd }: Quote, task: Task): string {
  const time = (value: number) => duration(Math.round(value) * 1000);
  const cost =
    usd === null
      ? 'not known: too few tasks like it have told what they cost'
      : `${showUsd(usd.expected)} (most took ${showUsd(usd.low)} to ${showUsd(usd.high)}; ${usd.of} ${from})`;
  const took =
    seconds === null
      ? 'not known: too few tasks like it are completed'
      : `${time(seconds.expected)} (most took ${time(seconds.low)} to ${time(seconds.high)}; ${seconds.of} ${from})`;
  const tokens = { usd: capUsd, tokens: task.budgetTokens };
  return [
    '| Quote | |',
    '| --- | --- |',
    `| Cost | ${cost} |`,
    `| Time | ${took} |`,
    `| Place in the queue | ${ahead === 0 ? 'the next' : `after ${ahead} others`}, ${atWork} at work |`,
    `| 👍 grants | ${showAmount(tokens) || 'no bound, since nothing tells one'} |`,
  ].join('\n');
}
