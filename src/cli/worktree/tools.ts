import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { shellQuote } from '../../shared/text.ts';

/**
 * Writes `git-remote-orch`, `gh` and `orch` into a directory for the PATH of a run's agent. `node` is the program, `entry`
 * this folder's main file, from sources or built. CLIs start MCP servers in an environment of their own: the run's socket
 * stands in the scripts as well.
 */
export async function writeTools(
  directory: string,
  { node, entry, broker }: { node: string; entry: string; broker: string },
): Promise<void> {
  await mkdir(directory, { recursive: true });
  await Promise.all(
    ['git-remote-orch', 'gh', 'orch'].map(async tool => {
      const file = join(directory, tool);
      // What an agent's tools want of their Node, a debugger or a loader, is not for ours.
      const script = `#!/bin/sh\nunset NODE_OPTIONS\nexport ORCH_BROKER=${shellQuote(broker)}\nexec ${shellQuote(node)} ${shellQuote(entry)} ${tool} "$@"\n`;
      await writeFile(file, script);
      await chmod(file, 0o755);
    }),
  );
}
