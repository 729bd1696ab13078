import { parseArgs } from 'node:util';
import type { Cli } from '../models/script.ts';
import { installOnce, placeOf } from './installs.ts';
import { type Outcomes, playAll } from './play.ts';
import { chooseSandbox } from './sandboxes.ts';
import { chooseStories, STORIES } from './stories/all.ts';
import { abortOnStop, COMMON, chooseClis, runTool } from './tool.ts';

const USAGE = `Usage: npm run test:agents -- [--cli NAME[,NAME]] [--story NAME[,NAME]]
                              [--sandbox KIND] [--sabotage] [--json]

Plays stories with the real CLIs in Orch, on the simulated GitHub, with scripted models on loopback. Installs the CLIs that
are missing, as script/agents does: 1.2 GB for all four.

  --cli NAMES    of: claude, codex, gemini, opencode; all unless told
  --story NAMES  of: ${STORIES.map(({ name }) => name).join(', ')}; all unless told
  --sandbox KIND bwrap or none; bwrap where it can be had, unless told
  --sabotage     the models make no commit, so that \`commit\` must not hold
  --json         one JSON object as the last line
`;

/** By CLI. */
type Report = Partial<Record<Cli, { version: string; sandbox: string; stories: Outcomes }>>;

await runTool(async () => {
  const { values } = parseArgs({
    options: {
      ...COMMON,
      story: { type: 'string' },
      sandbox: { type: 'string' },
      sabotage: { type: 'boolean', default: false },
    },
  });
  if (values.help) return void process.stdout.write(USAGE);
  const stories = chooseStories(values.story);
  const clis = chooseClis(values.cli);
  const sandbox = chooseSandbox(values.sandbox);
  using stop = abortOnStop();
  const report: Report = {};
  for (const cli of clis) {
    const install = placeOf(cli, process.env);
    await installOnce(install, console.log);
    const { sabotage } = values;
    const outcomes = await playAll(stories, install, { sabotage, sandbox, signal: stop.signal });
    report[cli] = { version: install.version, sandbox: sandbox.name, stories: outcomes };
  }
  const outcomes = Object.values(report).flatMap(one => Object.values(one.stories));
  const held = outcomes.filter(outcome => outcome.held).length;
  console.log(`\n${held} of ${clis.length * stories.length} held, sandbox: ${sandbox.name}`);
  if (held < clis.length * stories.length) process.exitCode = 1;
  if (values.json) console.log(JSON.stringify(report));
});
