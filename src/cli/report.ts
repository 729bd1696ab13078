import type { Report, Totals } from '../record/report.ts';
import type { Standing } from '../record/standings.ts';
import { showUsd } from '../shared/amounts.ts';
import { duration } from '../shared/clock.ts';
import type { Common } from './common.ts';
import { askDaemon } from './daemon-client.ts';
import { findHome } from './home.ts';
import { say, sayJson, sayTable, tokensCell } from './output.ts';

const HEAD = ['DAY', 'REPOSITORY', 'AGENT', 'TASKS', 'RUNS', 'OUTCOMES', 'TIME', 'TOKENS', 'COST'];
const AGENTS_HEAD = ['AGENT', 'RUNS', 'SUCCEEDED', 'TIME, MEDIAN', 'COST, MEDIAN'];

/** `orch report`: what was done and what it took. */
export async function report(options: Common & { since: string }): Promise<void> {
  const path = `/api/report?${new URLSearchParams({ since: options.since })}`;
  const told = await askDaemon<Report>(await findHome(options), 'GET', path);
  if (options.json) return sayJson(told);
  if (told.rows.length === 0) return say(`No runs since ${told.since}.`);
  const rows = told.rows.map(row => [row.day, row.repository, row.agent, ...cells(row)]);
  sayTable([...rows, ['in all', '', '', ...cells(told.total)]], HEAD);
  if (told.agents.length === 0) return;
  say('');
  sayTable(told.agents.map(agentCells), AGENTS_HEAD);
}

function cells({ tasks, runs, outcomes, seconds, tokens, cost }: Totals): string[] {
  const ends = Object.entries(outcomes).map(([outcome, count]) => `${count} ${outcome}`);
  return [
    ...[`${tasks}`, `${runs}`, ends.join(', ')],
    ...[duration(seconds * 1000), tokensCell(tokens), costCell(cost)],
  ];
}

function agentCells({ agent, runs, succeeded, median_seconds, median_usd }: Standing): string[] {
  return [
    ...[agent, `${runs}`, `${succeeded} (${Math.round((100 * succeeded) / runs)} %)`],
    median_seconds === null ? '' : duration(median_seconds * 1000),
    median_usd === null ? '' : showUsd(median_usd),
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
