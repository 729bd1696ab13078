import type { Report, Totals } from '../record/report.ts';
import { showUsd } from '../shared/amounts.ts';
import { duration } from '../shared/clock.ts';
import type { Common } from './common.ts';
import { askDaemon } from './daemon-client.ts';
import { findHome } from './home.ts';
import { say, sayJson, sayTable, tokensCell } from './output.ts';

const HEAD = ['DAY', 'REPOSITORY', 'AGENT', 'TASKS', 'RUNS', 'OUTCOMES', 'TIME', 'TOKENS', 'COST'];

/** `orch report`: what was done and what it took. */
export async function report(options: Common & { since: string }): Promise<void> {
  const path = `/api/report?${new URLSearchParams({ since: options.since })}`;
  const told = await askDaemon<Report>(await findHome(options), 'GET', path);
  if (options.json) return sayJson(told);
  if (told.rows.length === 0) return say(`No runs since ${told.since}.`);
  const rows = told.rows.map(row => [row.day, row.repository, row.agent, ...cells(row)]);
  sayTable([...rows, ['in all', '', '', ...cells(told.total)]], HEAD);
}

function cells({ tasks, runs, outcomes, seconds, tokens, cost }: Totals): string[] {
  const ends = Object.entries(outcomes).map(([outcome, count]) => `${count} ${outcome}`);
  return [
    ...[`${tasks}`, `${runs}`, ends.join(', ')],
    ...[duration(seconds * 1000), tokensCell(tokens), costCell(cost)],
  ];
}

/** Where a cost comes from stands with it: unmarked is what the CLIs reported. */
function costCell({ usd, computed_usd, unknown_runs }: Totals['cost']): string {
  const notes = [
    computed_usd === null ? '' : `${computed_usd === usd ? '' : `${showUsd(computed_usd)} `}computed`,
    unknown_runs === 0 ? '' : `${unknown_runs} ${unknown_runs === 1 ? 'run' : 'runs'} unknown`,
  ].filter(note => note !== '');
  const sum = usd === null ? '' : showUsd(usd);
  return notes.length === 0 ? sum : `${sum} (${notes.join(', ')})`.trim();
}
