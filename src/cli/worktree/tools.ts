import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ownProgram } from '../../shared/own-programs.ts';
import { shellQuote } from '../../shared/text.ts';

/**
 * Writes `git-remote-orch`, `gh` and `orch` into a directory for the PATH of a run's agent. CLIs start MCP servers in an
 * environment of their own: `broker`, the run's socket, stands in the scripts as well.
 */
export async function writeTools(directory: string, broker: string): Promise<void> {
  const main = [process.execPath, ...ownProgram('worktree')].map(shellQuote).join(' ');
  await mkdir(directory, { recursive: true });
  await Promise.all(
    ['git-remote-orch', 'gh', 'orch'].map(async tool => {
      const file = join(directory, tool);
      // What an agent's tools want of their Node, a debugger or a loader, is not for ours.
      const script = `#!/bin/sh\nunset NODE_OPTIONS\nexport ORCH_BROKER=${shellQuote(broker)}\nexec ${main} ${tool} "$@"\n`;
      await writeFile(file, script);
      await chmod(file, 0o755);
    }),
  );
}
