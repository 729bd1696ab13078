import { parseArgs } from 'node:util';
import { abortOnStop, COMMON, choose, runTool } from '../agents/tool.ts';
import { STORIES } from './all.ts';
import { type Outcome, tell } from './story.ts';

const USAGE = `Usage: npm run stories -- [--story NAME[,NAME]] [--sabotage] [--json]

Plays what people may count on of pull requests, on the simulated GitHub with scripted agents, and says of each story whether
it held, with what was read back from there.

  --story NAMES  of: ${STORIES.map(({ name }) => name).join(', ')}; all unless told
  --sabotage     the agents do nothing, so that no story holds that takes work from them
  --json         one JSON object as the last line

Exit code 1 when a story did not hold.
`;

/** Much of a story is waiting for processes. */
const AT_ONCE = 2;

await runTool(async () => {
  const { values } = parseArgs({
    options: {
      ...{ json: COMMON.json, help: COMMON.help, story: { type: 'string' } },
      sabotage: { type: 'boolean', default: false },
    },
  });
  if (values.help) return void process.stdout.write(USAGE);
  const stories = choose('story', STORIES, ({ name }) => name, values.story);
  using stop = abortOnStop();
  const told = new Map<string, Outcome>();
  const left = [...stories];
  const play = async () => {
    for (let story = left.shift(); story && !stop.signal.aborted; story = left.shift()) {
      const began = performance.now();
      const outcome = await tell(story, { sabotage: values.sabotage });
      told.set(story.name, outcome);
      sayHow(story.name, outcome, performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, play));
  const report = Object.fromEntries(stories.flatMap(({ name }) => [[name, told.get(name)]]));
  const held = [...told.values()].filter(outcome => outcome.held).length;
  console.log(`\n${held} of ${stories.length} held`);
  if (held < stories.length) process.exitCode = 1;
  if (values.json) console.log(JSON.stringify(report));
});

function sayHow(name: string, { held, task, pull_request, why = [] }: Outcome, ms: number): void {
  const facts = [task ?? 'no task', pull_request === null ? 'no pull request' : `#${pull_request}`];
  const seconds = (ms / 1000).toFixed(1).padStart(6);
  console.log(`${name.padEnd(28)} ${held ? 'held    ' : 'NOT held'} ${seconds} s  ${facts.join(', ')}`);
  for (const each of why) console.log(`  not: ${each.replaceAll('\n', '\n  ')}`);
}
