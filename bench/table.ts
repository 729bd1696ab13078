import { type Benchmark, judge, type Measured, median } from './harness.ts';

export interface Result {
  benchmark: Benchmark;
  measured: Measured;
}

/** The results for people: each comparison, then the absolute figures beside the specification's ceilings. */
export function describe(results: readonly Result[]): string {
  const comparisons = results.map(({ benchmark, measured }) => {
    const { key, unit, compare, wanted } = benchmark;
    const suffix = compare === 'ratio' ? '' : ` ${unit}`;
    return [
      key,
      spread(measured.ours, unit),
      spread(measured.bare, unit),
      short(judge(benchmark, measured)) + suffix,
      `≤ ${wanted}${suffix}`,
    ];
  });
  const ceilings = results
    .flatMap(({ measured }) => measured.ceilings ?? [])
    .map(({ what, samples, limit }) => [what, spread(samples, 'ms'), `< ${limit} ms`]);
  const head = ['COMPARISON', 'ORCH: MEDIAN (MIN–MAX)', 'BARE: MEDIAN (MIN–MAX)', 'RESULT', 'WANTED'];
  const tables = [columns([head, ...comparisons])];
  if (ceilings.length > 0)
    tables.push(columns([['SPECIFICATION', 'ORCH: MEDIAN (MIN–MAX)', 'CEILING'], ...ceilings]));
  return tables.join('\n\n');
}

function spread(samples: readonly number[], unit: string): string {
  return `${short(median(samples))} ${unit} (${short(Math.min(...samples))}–${short(Math.max(...samples))})`;
}

/** Three digits say all that a measurement knows. */
function short(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}

function columns(rows: string[][]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0)));
  const line = (row: string[]) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('   ');
  return rows.map(row => line(row).trimEnd()).join('\n');
}
