import { showAmount, showTokens, showUsd } from '../../shared/amounts.ts';
import { plain } from '../../shared/markdown.ts';
import type { Usage } from '../../store/usage.ts';
import type { JournalEvent } from '../../task/events.ts';
import type { Task } from '../../task/glossary.ts';
import { isFinal } from '../../task/states.ts';

/** What a task's runs have used, with where its cost comes from; empty when nothing is known. */
export function usedText(usage: readonly Usage[]): string {
  const sum = (amounts: (number | null)[]) => amounts.reduce<number>((total, each) => total + (each ?? 0), 0);
  const counted = usage.filter(
    ({ inputTokens, outputTokens }) => inputTokens !== null || outputTokens !== null,
  );
  const priced = usage.filter(({ costUsd }) => costUsd !== null);
  const computed = priced.filter(({ costSource }) => costSource === 'computed');
  const parts: string[] = [];
  if (counted.length > 0)
    parts.push(showTokens(sum(counted.flatMap(run => [run.inputTokens, run.outputTokens]))));
  if (priced.length > 0) {
    const source =
      computed.length === 0 ? '' : computed.length === priced.length ? ' (computed)' : ' (partly computed)';
    parts.push(`${showUsd(sum(priced.map(run => run.costUsd)))}${source}`);
  }
  if (usage.length > priced.length) parts.push(priced.length === 0 ? 'cost unknown' : 'the rest unknown');
  return parts.join(', ');
}

export function budgetText(task: Task): string {
  return showAmount({ usd: task.budgetUsd, tokens: task.budgetTokens });
}

/** What people should know of the budgets of a task that is at work, in Markdown; empty when there is nothing. */
export function budgetWarnings(task: Task, events: readonly JournalEvent[]): string {
  if (isFinal(task.state) || task.state === 'paused') return '';
  const warned = events.findLast(event => event.type === 'budget:warned');
  const unknown = events.findLast(event => event.type === 'budget:unknown');
  const lines: string[] = [];
  if (warned?.type === 'budget:warned' && task.budgetWarned)
    lines.push(`⚠️ ${warned.data.spent} of ${warned.data.budget} is spent. It is paused when all is.`);
  if (unknown?.type === 'budget:unknown') {
    const { model, budget } = unknown.data;
    lines.push(
      model === null
        ? `⚠️ What its agent uses is not known, since its CLI does not tell: ${budget} can't be held.`
        : `⚠️ What ${plain(model)} costs is not known, so ${budget} can't be held. Whoever runs Orch gives models their price by \`prices\` in orch.yaml.`,
    );
  }
  return lines.join('\n\n');
}
