import { type Install, installOnce, placeOf } from './installs.ts';
import { type Outcome, type Story, type TellOptions, tell } from './story.ts';

/** By the story's name. */
export type Outcomes = Record<string, Outcome>;

/** Plays stories with one CLI, one after the other until the signal, and says of each whether it held. */
export async function playAll(
  stories: readonly Story[],
  install: Install,
  options: TellOptions,
): Promise<Outcomes> {
  const outcomes: Outcomes = {};
  for (const story of stories) {
    if (options.signal.aborted) break;
    const others = (story.with?.(install.cli) ?? []).map(cli => placeOf(cli, process.env));
    for (const other of others) await installOnce(other, console.log);
    const began = performance.now();
    outcomes[story.name] = await tell(story, [install, ...others], options);
    sayHow(install, story.name, outcomes[story.name] as Outcome, performance.now() - began);
  }
  return outcomes;
}

function sayHow({ cli }: Install, story: string, outcome: Outcome, ms: number): void {
  const { held, task, pull_request, model_calls, why } = outcome;
  const facts = [
    task ?? 'no task',
    pull_request ? `#${pull_request}` : 'no pull request',
    `${model_calls} calls`,
  ];
  const seconds = (ms / 1000).toFixed(1).padStart(6);
  console.log(
    `${cli.padEnd(9)} ${story.padEnd(13)} ${held ? 'held    ' : 'NOT held'} ${seconds} s  ${facts.join(', ')}`,
  );
  if (why) console.log(`          ${why.replaceAll('\n', '\n          ')}`);
}
