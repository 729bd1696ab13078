import { parseArgs } from 'node:util';
import { fuzz, type Outcome, shares } from './fuzz.ts';

/** `npm run test:fuzz [-- --runs N --seed S --json]`: named and made bad inputs on every surface, and what came of them. */
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});
const outcomes: Outcome[] = [];
console.log(`${'surface'.padEnd(20)}${'named'.padStart(8)}${'fuzzed'.padStart(9)}  crashes  grants  leaks`);
for (const [surface, runs] of shares(Number(values.runs))) {
  const outcome = await fuzz(surface, runs, Number(values.seed));
  outcomes.push(outcome);
  const cells = (['crash', 'grant', 'leak'] as const).map(kind => String(count(outcome, kind)));
  console.log(
    `${outcome.surface.padEnd(20)}${String(outcome.named).padStart(8)}${String(outcome.fuzzed).padStart(9)}  ${cells.map((cell, at) => cell.padStart([7, 6, 5][at] ?? 0)).join('  ')}`,
  );
  for (const { kind, what } of outcome.failures) console.log(`  ${kind}: ${what}`);
}
const sum = (of: (outcome: Outcome) => number) => outcomes.reduce((all, outcome) => all + of(outcome), 0);
const counted = {
  named: sum(({ named }) => named),
  fuzzed: sum(({ fuzzed }) => fuzzed),
  crashes: sum(outcome => count(outcome, 'crash')),
  grants: sum(outcome => count(outcome, 'grant')),
  leaks: sum(outcome => count(outcome, 'leak')),
};
console.log(
  `\n${counted.named} named and ${counted.fuzzed} fuzzed inputs: ${counted.crashes} crashes, ${counted.grants} grants, ${counted.leaks} leaks`,
);
if (values.json) console.log(JSON.stringify(counted));
process.exitCode = counted.crashes + counted.grants + counted.leaks > 0 ? 1 : 0;

function count({ failures }: Outcome, kind: string): number {
  return failures.filter(failure => failure.kind === kind).length;
}
