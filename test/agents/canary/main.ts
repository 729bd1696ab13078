import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { rangeOf } from '../../../src/agent/inspect.ts';
import { columns } from '../../../src/cli/output.ts';
import { builtIn, type Profile } from '../../../src/config/profiles/agents.ts';
import type { Cli } from '../../models/script.ts';
import { chooseSandbox } from '../sandboxes.ts';
import { chooseStories, STORIES } from '../stories/all.ts';
import { abortOnStop, COMMON, chooseClis, runTool } from '../tool.ts';
import { type Finding, tryNewest } from './newest.ts';
import { type Tried, withTried } from './table.ts';

const USAGE = `Usage: npm run canary -- [--cli NAME[,NAME]] [--story NAME[,NAME]] [--sandbox KIND]
                         [--write] [--json]

Installs the newest release of each CLI from the npm registry into a folder that is removed afterwards, plays the stories of
npm run test:agents with it, and says which hold. Exit code 1 when one does not.

  --cli NAMES    of: claude, codex, gemini, opencode; all unless told
  --story NAMES  of: ${STORIES.map(({ name }) => name).join(', ')}; all unless told
  --sandbox KIND bwrap or none; bwrap where it can be had, unless told
  --write        put what came of it into the table of docs/agents.md
  --json         one JSON object as the last line
`;

const PAGE = join(import.meta.dirname, '../../../docs/agents.md');

await runTool(async () => {
  const { values } = parseArgs({
    options: {
      ...COMMON,
      story: { type: 'string' },
      sandbox: { type: 'string' },
      write: { type: 'boolean', default: false },
    },
  });
  if (values.help) return void process.stdout.write(USAGE);
  if (values.write && values.story !== undefined)
    throw new Error('--write tells of all stories: leave --story out.');
  const stories = chooseStories(values.story);
  const sandbox = chooseSandbox(values.sandbox);
  using stop = abortOnStop();
  const options = { sabotage: false, sandbox, signal: stop.signal };
  const report = new Map<Cli, Finding>();
  for (const cli of chooseClis(values.cli)) {
    report.set(cli, await tryNewest(cli, stories, options));
    if (stop.signal.aborted) throw new Error('Stopped before all was tried.');
  }
  const found = [...report];
  const rows = found.map(([cli, each]) => [
    cli,
    each.version ?? '',
    resultOf(each),
    each.last_good ?? 'none',
  ]);
  console.log(`\n${columns([['CLI', 'NEWEST', 'RESULT', 'LAST GOOD'], ...rows])}\n`);
  for (const [cli, finding] of found) {
    const remark = toDo(cli, finding);
    if (remark !== null) console.log(`${cli}: ${remark}`);
  }
  if (values.write) write(found, sandbox.name);
  if (found.some(([, { held }]) => !held)) process.exitCode = 1;
  if (values.json) console.log(JSON.stringify(Object.fromEntries(report)));
});

function resultOf(finding: Finding): string {
  if (finding.held) return 'holds';
  const failed = failedOf(finding);
  return failed.length > 0 ? `does not hold: ${failed.join(', ')}` : 'not tried';
}

/** Which change has `orch agents --check` say of this version what was found here. */
function toDo(cli: Cli, { version, held, why }: Finding): string | null {
  if (version === null) return why ?? null;
  const range = rangeOf(builtIn(cli) as Profile, version);
  const file = `src/config/profiles/${cli}.ts`;
  if (held) return range === 'tried' ? null : `add '${version}' to version.tried in ${file}`;
  const out = range === 'tried' ? 'take it out of version.tried, and ' : '';
  return range === 'too new' ? null : `${out}set version.below to '${version}' in ${file}`;
}

function failedOf({ stories }: Finding): string[] {
  return Object.entries(stories).flatMap(([name, { held }]) => (held ? [] : [name]));
}

/** Only what was played to its end says anything of a version. */
function write(found: readonly [Cli, Finding][], sandbox: string): void {
  const on = new Date().toISOString().slice(0, 10);
  const news = found.flatMap(([cli, finding]): Tried[] => {
    const { version, stories } = finding;
    const isWhole = version !== null && Object.keys(stories).length === STORIES.length;
    return isWhole ? [{ cli, version, on, sandbox, failed: failedOf(finding) }] : [];
  });
  writeFileSync(PAGE, withTried(readFileSync(PAGE, 'utf8'), news));
  console.log(`written into docs/agents.md: ${news.map(({ cli }) => cli).join(', ') || 'nothing'}`);
}
