import widthOf from 'fast-string-truncated-width';
import { showTokens } from '../shared/amounts.ts';
import { stripControl } from '../shared/text.ts';

// As in bin/orch.js: an import would load all of node:util.
const { styleText } = process.getBuiltinModule('node:util');

type Style = Parameters<typeof styleText>[0];

/** Text in a table, perhaps in a colour. */
export type Cell = string | { text: string; style: Style };

const WIDEST_CELL = 60;
/** Narrower than this a column tells nothing any more. */
const NARROWEST = 8;

/** A line on standard output. What others wrote in it can't steer the terminal. */
export function say(text: string): void {
  process.stdout.write(`${stripControl(text)}\n`);
}

/** A table on standard output. */
export function sayTable(rows: readonly (readonly Cell[])[], head?: readonly string[]): void {
  process.stdout.write(`${columns(rows, head)}\n`);
}

/** What the following lines are, after an empty one. */
export function sayHeading(text: string): void {
  process.stdout.write(`\n${paint('dim', stripControl(text))}\n`);
}

/** What a command has found, as JSON. */
export function sayJson(value: unknown): void {
  say(JSON.stringify(value, null, 2));
}

/** Text in a colour, where a person looks at it and NO_COLOR is not set. */
export function paint(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout });
}

/**
 * Rows in columns as wide as their widest cell, 60 at most; on a terminal as wide as that allows. A cell can neither begin a
 * row of its own nor steer the terminal.
 */
export function columns(
  rows: readonly (readonly Cell[])[],
  head?: readonly string[],
  width = process.stdout.columns ?? Infinity,
): string {
  const heading = head?.map((text): Cell => ({ text, style: 'dim' }));
  const cells = (heading ? [heading, ...rows] : rows).map(row => row.map(clean));
  const widths = fitting(
    (cells[0] ?? []).map((_, index) => Math.max(...cells.map(row => showWidth(row[index]?.text ?? '')))),
    width,
  );
  return cells.map(row => rowText(row, widths)).join('\n');
}

/** At most so many columns of a terminal, with an ellipsis where something was cut. */
export function cut(text: string, width: number): string {
  const { index, ellipsed } = widthOf(text, { limit: width, ellipsis: '…' });
  return `${text.slice(0, index)}${ellipsed ? '…' : ''}`;
}

function clean(cell: Cell): { text: string; style: Style | null } {
  const { text, style } = typeof cell === 'string' ? { text: cell, style: null } : cell;
  return { text: cut(stripControl(text).replace(/[\n\t]/g, ' '), WIDEST_CELL), style };
}

function showWidth(text: string): number {
  return widthOf(text).width;
}

/** Takes from the widest column until all fit. */
function fitting(widths: readonly number[], width: number): number[] {
  const fitted = [...widths];
  const between = 2 * (fitted.length - 1);
  let over = fitted.reduce((sum, each) => sum + each, between) - width;
  while (over > 0) {
    const widest = fitted.indexOf(Math.max(...fitted));
    const most = fitted[widest] ?? 0;
    if (most <= NARROWEST) break;
    fitted[widest] = most - 1;
    over -= 1;
  }
  return fitted;
}

function rowText(row: readonly { text: string; style: Style | null }[], widths: readonly number[]): string {
  const texts = row.map(({ text, style }, index) => {
    const width = widths[index] ?? 0;
    const shown = cut(text, width);
    const rest = index === row.length - 1 ? '' : ' '.repeat(Math.max(0, width - showWidth(shown)));
    return `${style === null || shown === '' ? shown : paint(style, shown)}${rest}`;
  });
  return texts.join('  ').trimEnd();
}

/** `1.2 MB`. */
export function bytes(count: number): string {
  return count < 1e6 ? `${Math.ceil(count / 1e3)} kB` : `${(count / 1e6).toFixed(1)} MB`;
}

/** Tokens sent and received; empty when nobody knows. */
export function tokensCell(
  tokens: { input: number | null; output: number | null } | null | undefined,
): string {
  return tokens ? showTokens((tokens.input ?? 0) + (tokens.output ?? 0)) : '';
}
