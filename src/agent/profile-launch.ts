import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Profile } from '../config/profiles/agents.ts';

/** The words that a run's CLI is started with: to begin a session, to go on in one, or for a person to work in it. */
export function commandOf(
  profile: Profile,
  { how, model }: { how: 'command' | 'resume' | 'interactive'; model: string | null },
): string[] {
  const words = profile[how] ?? profile.command;
  return [...words, ...(model === null ? [] : profile.modelArguments), ...profile.mcpArguments];
}

/**
 * What a profile adds to an agent's environment: logins and endpoints of the daemon's own, then what the settings say.
 * `asRoot` where the agent runs as root within a sandbox.
 */
export function environmentOf(
  profile: Profile,
  run: { directory: string; daemon: NodeJS.ProcessEnv; asRoot: boolean },
): Record<string, string> {
  const handedOn = [...profile.login.variables, ...profile.inherits, ...Object.keys(profile.asRoot)].flatMap(
    name => {
      const value = run.daemon[name];
      return value ? [[name, value] as const] : [];
    },
  );
  const said = Object.entries(profile.environment).map(
    ([name, text]) => [name, inDirectory(text, run.directory)] as const,
  );
  return Object.fromEntries([...handedOn, ...Object.entries(run.asRoot ? profile.asRoot : {}), ...said]);
}

/** Where a run has the files of its profile. */
export function filesDirectory(directory: string): string {
  return join(directory, 'files');
}

/** Writes the profile's files for a run, and no others: settings of the CLI, of which the worktree shall know nothing. */
export function writeFiles({ files }: Profile, directory: string): void {
  const folder = filesDirectory(directory);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const [name, text] of Object.entries(files))
    writeFileSync(join(folder, name), inDirectory(text, directory), { mode: 0o600 });
}

function inDirectory(text: string, directory: string): string {
  return text.replaceAll('{run_directory}', directory);
}
