import type { Cli } from '../../models/script.ts';
import { installOnce, lastTried, newestOf, placeIn, scratchFolder } from '../installs.ts';
import { type Outcomes, playAll } from '../play.ts';
import type { Story, TellOptions } from '../story.ts';

/** What came of the newest release of a CLI. */
export interface Finding {
  /** Null when the registry did not say. */
  version: string | null;
  /** Whether each story did. */
  held: boolean;
  /** The version to stay with: this one, or the one before that is known to work. */
  last_good: string;
  /** As far as they were played. */
  stories: Outcomes;
  /** What kept it from being installed. */
  why?: string;
}

/** Installs the newest release of a CLI into a folder of its own, which is gone afterwards, and plays stories with it. */
export async function tryNewest(cli: Cli, stories: readonly Story[], options: TellOptions): Promise<Finding> {
  const found: Finding = { version: null, held: false, last_good: lastTried(cli), stories: {} };
  await using scratch = await scratchFolder('newest-');
  const install = await installNewest(cli, scratch.path).catch((error: Error) => error);
  if (install instanceof Error) return { ...found, why: install.message };
  const { version } = install;
  const outcomes = await playAll(stories, install, options);
  const held = stories.every(({ name }) => outcomes[name]?.held);
  return { version, held, last_good: held ? version : found.last_good, stories: outcomes };
}

async function installNewest(cli: Cli, folder: string) {
  const install = placeIn(folder, cli, await newestOf(cli));
  await installOnce(install, console.log);
  return install;
}
