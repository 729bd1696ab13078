/** Builds the Action: `node script/build-action.ts [--check] [--json] [FOLDER]`. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bundleAction, MOST_BYTES } from './bundle/bundle.ts';

const USAGE = `Usage: npm run build:action [-- [--check] [--json] [FOLDER]]

Builds the Action, one file and what has to lie beside it, and prints its size.

  FOLDER   where to: action/dist of this checkout unless told
  --check  builds nothing: fails when what lies there is not what the sources give
  --json   one JSON object as the last line
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { check: { type: 'boolean' }, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
});
const DIST = positionals[0] ?? join(import.meta.dirname, '../action/dist');
if (values.help) process.stdout.write(USAGE);
else await main().catch(error => fail(error.message));

async function main(): Promise<void> {
  const files = await bundleAction();
  if (values.check) check(files);
  else write(files);
  const bytes = Buffer.byteLength(files['index.js'] ?? '');
  if (bytes > MOST_BYTES) fail('index.js is too large');
  console.log(`the Action's index.js: ${kilobytes(bytes)} KB of at most ${kilobytes(MOST_BYTES)} KB`);
  if (values.json) console.log(JSON.stringify({ ok: process.exitCode !== 1, bytes, most: MOST_BYTES }));
}

function write(files: Record<string, string>): void {
  mkdirSync(DIST, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(DIST, name), text);
}

function check(files: Record<string, string>): void {
  const there = Object.fromEntries(namesIn(DIST).map(name => [name, readFileSync(join(DIST, name), 'utf8')]));
  const names = new Set([...Object.keys(files), ...Object.keys(there)]);
  const stale = [...names].filter(name => files[name] !== there[name]);
  if (stale.length > 0) fail(`not what the sources give: ${stale.join(', ')}. Run: npm run build:action`);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function fail(message: string): void {
  console.error(`build-action: ${message}`);
  process.exitCode = 1;
}

function kilobytes(bytes: number): string {
  return Math.ceil(bytes / 1000).toLocaleString('en-US');
}
