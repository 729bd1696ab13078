import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Argument, type CallExpression, type Expression, parseSync, Visitor } from 'oxc-parser';

/** A `describe('fault: …')` in the tests: a row of docs/reliability.md. */
export interface Fault {
  title: string;
  /** The titles of its tests, each a sentence on what happens. */
  happens: string[];
  file: string;
}

const PREFIX = 'fault: ';

/** Every fault that the tests name, file by file. */
export function faults(): Fault[] {
  return globSync('test/**/*.test.ts')
    .sort()
    .flatMap(path => faultsIn(path, readFileSync(path, 'utf8')));
}

export function faultsIn(file: string, text: string): Fault[] {
  if (!text.includes(PREFIX)) return [];
  const found: (Fault & { end: number })[] = [];
  const visitor = new Visitor({
    CallExpression(call) {
      const title = titleOf(call.arguments[0]);
      const callee = rootOf(call.callee);
      if (callee === 'describe' && title?.startsWith(PREFIX)) {
        found.push({ title: title.slice(PREFIX.length), happens: [], file, end: call.end });
      }
      const around = found.at(-1);
      if (callee !== 'it' || !around || call.start > around.end || isModifier(call)) return;
      if (title === null)
        throw new Error(`${file}: a test of “${around.title}” needs a plain text as its title`);
      around.happens.push(title);
    },
  });
  visitor.visit(parseSync(file, text).program);
  return found.map(({ end: _, ...fault }) => fault);
}

function titleOf(argument: Argument | undefined): string | null {
  return argument?.type === 'Literal' && typeof argument.value === 'string' ? argument.value : null;
}

/** The `it` of `it.skipIf(isMac)('…')`. */
function rootOf(callee: Expression): string | null {
  if (callee.type === 'Identifier') return callee.name;
  if (callee.type === 'MemberExpression') return rootOf(callee.object);
  return callee.type === 'CallExpression' ? rootOf(callee.callee) : null;
}

/** The `it.skipIf(isMac)` of `it.skipIf(isMac)('…')`. */
function isModifier({ callee, arguments: [argument] }: CallExpression): boolean {
  return callee.type === 'MemberExpression' && titleOf(argument) === null;
}

type Outcome = 'held' | 'FAILED' | 'skipped';

interface VitestResult {
  testResults: { assertionResults: { ancestorTitles: string[]; status: string }[] }[];
}

/** `npm run test:faults [-- --json]`: runs the tests of all faults, and says of each whether Orch held. */
function main(): void {
  const named = faults();
  const outcomes = outcomesOf(runTests([...new Set(named.map(({ file }) => file))]));
  const rows = named.map(({ title }) => ({ title, outcome: outcomes.get(title) ?? 'skipped' }));
  for (const { title, outcome } of rows) console.log(`${outcome.padEnd(8)} ${title}`);
  const count = (outcome: Outcome) => rows.filter(row => row.outcome === outcome).length;
  const counted = { named: rows.length, held: count('held') };
  console.log(`\n${counted.held} of ${counted.named} held, ${count('skipped')} skipped here`);
  if (process.argv.includes('--json')) console.log(JSON.stringify(counted));
  process.exitCode = count('FAILED') > 0 ? 1 : 0;
}

function runTests(files: string[]): VitestResult {
  const folder = mkdtempSync(join(tmpdir(), 'orch-faults-'));
  const output = join(folder, 'results.json');
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${output}`];
    spawnSync('vitest', ['run', ...files, '-t', PREFIX.trim(), ...reporters], { stdio: 'inherit' });
    return JSON.parse(readFileSync(output, 'utf8'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A fault is held when all its tests passed. */
function outcomesOf({ testResults }: VitestResult): Map<string, Outcome> {
  const statuses = new Map<string, string[]>();
  for (const { ancestorTitles, status } of testResults.flatMap(result => result.assertionResults)) {
    const title = ancestorTitles.find(each => each.startsWith(PREFIX))?.slice(PREFIX.length);
    if (title !== undefined) statuses.set(title, [...(statuses.get(title) ?? []), status]);
  }
  return new Map([...statuses].map(([title, all]) => [title, outcomeOf(all)]));
}

function outcomeOf(statuses: string[]): Outcome {
  if (statuses.includes('failed')) return 'FAILED';
  return statuses.every(status => status === 'passed') ? 'held' : 'skipped';
}

if (import.meta.main) main();
