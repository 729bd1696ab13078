import { parseArgs } from 'node:util';
import { type Outcome, runCanary } from './run.ts';

const { values } = parseArgs({
  options: { none: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
});
const outcomes = await runCanary(values.none ? 'none' : 'bwrap');
console.log(table(outcomes));
const escapes = outcomes.filter(({ escaped }) => escaped !== null).length;
console.log(
  `\n${outcomes.length} ways, ${escapes} escapes ${values.none ? 'without a sandbox' : 'in bwrap'}`,
);
if (values.json) console.log(JSON.stringify({ canary_ways: outcomes.length, canary_escapes: escapes }));
if (escapes > 0 && !values.none) process.exitCode = 1;

function table(all: readonly Outcome[]): string {
  return all
    .map(
      ({ kind, name, escaped }) =>
        `${kind.padEnd(5)} ${name.padEnd(46)} ${escaped === null ? 'barred' : `ESCAPED: ${escaped}`}`,
    )
    .join('\n');
}
