import { showTokens } from '../shared/amounts.ts';
import { shorten, stripControl } from '../shared/text.ts';

/** A line on standard output. What others wrote in it can't steer the terminal. */
export function say(text: string): void {
  process.stdout.write(`${stripControl(text)}\n`);
}

/** Rows in columns as wide as their widest cell, cut at 60 characters. A cell can't begin a row of its own. */
export function columns(rows: readonly (readonly string[])[]): string {
  const cells = rows.map(row => row.map(cell => shorten(stripControl(cell).replace(/[\n\t]/g, ' '), 60)));
  const widths = (cells[0] ?? []).map((_, index) => Math.max(...cells.map(row => row[index]?.length ?? 0)));
  return cells
    .map(row =>
      row
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
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
