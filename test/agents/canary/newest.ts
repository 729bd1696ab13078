import { builtIn } from '../../../src/config/profiles/agents.ts';
import type { Cli } from '../../models/script.ts';
import { installOnce, newestOf, placeIn, scratchFolder } from '../installs.ts';
import { type Outcomes, playAll } from '../play.ts';
import type { Story, TellOptions } from '../story.ts';

/** What came of the newest release of a CLI. */
export interface Finding {
  /** Null when it could not be had. */
  version: string | null;
  /** Whether each story did. */
  held: boolean;
  /** The version to stay with: this one, or the newest other that is known to work, if any. */
  last_good: string | null;
  /** As far as they were played. */
  stories: Outcomes;
  /** What kept it from being installed. */
  why?: string;
}

/** Installs the newest release of a CLI into a folder of its own, which is gone afterwards, and plays stories with it. */
export async function tryNewest(cli: Cli, stories: readonly Story[], options: TellOptions): Promise<Finding> {
  await using scratch = await scratchFolder('newest-');
  const install = await installNewest(cli, scratch.path).catch((error: Error) => error);
  if (install instanceof Error)
    return { version: null, held: false, last_good: lastGood(cli, null), stories: {}, why: install.message };
  const { version } = install;
  const outcomes = await playAll(stories, install, options);
  const held = stories.every(({ name }) => outcomes[name]?.held);
  return { version, held, last_good: held ? version : lastGood(cli, version), stories: outcomes };
}

async function installNewest(cli: Cli, folder: string) {
  const install = placeIn(folder, cli, await newestOf(cli));
  await installOnce(install, console.log);
  return install;
}

function lastGood(cli: Cli, broken: string | null): string | null {
  return builtIn(cli)?.version.tried.findLast(version => version !== broken) ?? null;
}
