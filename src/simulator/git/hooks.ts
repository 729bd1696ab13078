import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Refuses pushes to protected branches, in GitHub's words. The server names them in the environment. */
const UPDATE = `#!/bin/sh
if [ -n "$ORCH_PUSH_REFUSAL" ]; then
  printf '%s\\n' "$ORCH_PUSH_REFUSAL" >&2
  exit 1
fi
printf '%s\\n' "$ORCH_PROTECTED_BRANCHES" | while IFS= read -r branch; do
  if [ -n "$branch" ] && [ "$1" = "refs/heads/$branch" ]; then exit 9; fi
done
if [ $? -eq 9 ]; then
  echo "error: GH006: Protected branch update failed for $1." >&2
  echo "error: Changes must be made through a pull request." >&2
  exit 1
fi
`;

/** Writes the hooks that all repositories of a simulator share; returns their folder. */
export async function writeHooks(directory: string): Promise<string> {
  const hooks = join(directory, 'hooks');
  await mkdir(hooks, { recursive: true });
  await writeFile(join(hooks, 'update'), UPDATE, { mode: 0o755 });
  return hooks;
}
