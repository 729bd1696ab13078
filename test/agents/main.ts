import { parseArgs } from 'node:util';
import { listenForStop } from '../../src/shared/signals.ts';
import type { Cli } from '../models/script.ts';
import { chooseClis, install, isInstalled, placeOf } from './installs.ts';
import { askAnswer } from './stories/ask-answer.ts';
import { budgetPause } from './stories/budget-pause.ts';
import { cancelTree } from './stories/cancel-tree.ts';
import { commit } from './stories/commit.ts';
import { limitSwitch } from './stories/limit-switch.ts';
import { resume } from './stories/resume.ts';
import { say } from './stories/say.ts';
import { type Outcome, type Story, tell } from './story.ts';

const STORIES: readonly Story[] = [commit, resume, say, limitSwitch, cancelTree, budgetPause, askAnswer];

const USAGE = `Usage: npm run test:agents -- [--cli NAME[,NAME]] [--story NAME[,NAME]] [--sabotage] [--json]

Plays stories with the real CLIs in Orch, on the simulated GitHub, with scripted models on loopback. Installs the CLIs that
are missing, as script/agents does: 1.2 GB for all four.

  --cli NAMES    of: claude, codex, gemini, opencode; all unless told
  --story NAMES  of: ${STORIES.map(({ name }) => name).join(', ')}; all unless told
  --sabotage     the models make no commit, so that \`commit\` must not hold
  --json         one JSON object as the last line
`;

/** By CLI. */
type Report = Partial<Record<Cli, { version: string; stories: Record<string, Outcome> }>>;

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      cli: { type: 'string' },
      story: { type: 'string' },
      sabotage: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return void process.stdout.write(USAGE);
  const stories = chooseStories(values.story);
  const clis = chooseClis(values.cli);
  await installMissing(
    new Set(clis.flatMap(cli => [cli, ...stories.flatMap(story => story.with?.(cli) ?? [])])),
  );
  using stop = listenForStop();
  const stopped = new AbortController();
  void stop.told.then(() => stopped.abort());
  const report: Report = {};
  for (const cli of clis) {
    const told: Record<string, Outcome> = {};
    report[cli] = { version: placeOf(cli, process.env).version, stories: told };
    for (const story of stories) {
      if (stopped.signal.aborted) break;
      told[story.name] = await tellAloud(story, cli, values.sabotage, stopped.signal);
    }
  }
  const outcomes = Object.values(report).flatMap(one => Object.values(one.stories));
  const held = outcomes.filter(outcome => outcome.held).length;
  console.log(`\n${held} of ${clis.length * stories.length} held`);
  if (held < clis.length * stories.length) process.exitCode = 1;
  if (values.json) console.log(JSON.stringify(report));
}

function chooseStories(names: string | undefined): readonly Story[] {
  if (names === undefined) return STORIES;
  return names.split(',').map(name => {
    const story = STORIES.find(each => each.name === name);
    if (story) return story;
    throw new Error(`There is no story ${name} among: ${STORIES.map(each => each.name).join(', ')}.`);
  });
}

async function installMissing(clis: Iterable<Cli>): Promise<void> {
  for (const cli of clis) {
    const place = placeOf(cli, process.env);
    if (isInstalled(place)) continue;
    console.log(`installing ${cli} ${place.version}`);
    await install(place);
  }
}

async function tellAloud(story: Story, cli: Cli, sabotage: boolean, signal: AbortSignal): Promise<Outcome> {
  const began = performance.now();
  const outcome = await tell(story, cli, { sabotage, signal });
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const { held, task, pull_request, model_calls, why } = outcome;
  const facts = [
    task ?? 'no task',
    pull_request ? `#${pull_request}` : 'no pull request',
    `${model_calls} calls`,
  ];
  console.log(
    `${cli.padEnd(9)} ${story.name.padEnd(13)} ${held ? 'held    ' : 'NOT held'} ${seconds.padStart(6)} s  ${facts.join(', ')}`,
  );
  if (why) console.log(`          ${why.replaceAll('\n', '\n          ')}`);
  return outcome;
}
