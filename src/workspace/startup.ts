import { appendFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execGit } from './git.ts';
import { escapePattern } from './repository.ts';
import type { Store } from './store.ts';
import type { Workspace } from './workspace.ts';

/**
 * What programs read by themselves, and much of which runs commands, before a person or an agent has looked at it: at the
 * top of the repository, whatever the case of its letters, since some disks know none.
 */
export const STARTUP_FILES = [
  // Agent CLIs: hooks, commands, servers to start, permissions, and instructions.
  ...['.claude', '.claude.json', '.mcp.json', 'CLAUDE.md', 'CLAUDE.local.md', '.codex', 'AGENTS.md'],
  ...[
    'AGENTS.override.md',
    '.gemini',
    'GEMINI.md',
    '.opencode',
    'opencode.json',
    'opencode.jsonc',
    '.agents',
  ],
  ...['.cursor', '.cursorrules', '.aider.conf.yml', '.copilot'],
  // Git, direnv, editors, and the search that agents use.
  ...['.husky', '.gitmodules', '.envrc', '.vscode', '.ripgreprc'],
] as const;

/**
 * Gives the fresh worktree these files as a trusted commit has them. Git is told to leave them alone, so that what stands
 * on the branch stays as it is whatever the agent commits, save where it insists (`--no-skip-worktree`). Returns the paths
 * that differ. The repository must be the daemon's still: no agent has run in it.
 */
export async function restoreStartupFiles(
  { repository, tree }: Workspace,
  { store, start, trusted }: { store: Store; start: string; trusted: string },
): Promise<string[]> {
  if (start === trusted) return [];
  const { directory } = store;
  const pathspecs = STARTUP_FILES.map(file => `:(icase)${file}`);
  const changed = pairs(
    await execGit(
      ['diff-tree', '-r', '-z', '--name-status', '--no-renames', trusted, start, '--', ...pathspecs],
      {
        directory,
      },
    ),
  );
  if (changed.length === 0) return [];
  const tops = [...new Set(changed.map(({ path }) => path.split('/', 1)[0] as string))];
  const here = { directory: join(repository, 'worktrees', 'tree'), env: { GIT_WORK_TREE: tree } };
  const onBranch = changed.filter(({ status }) => status !== 'D').map(({ path }) => path);
  await execGit(['update-index', '--skip-worktree', '-z', '--stdin'], { ...here, input: lines(onBranch) });
  const missing = changed
    .filter(({ status }) => status === 'D')
    .map(({ path }) => `/${escapePattern(path)}\n`);
  await appendFile(join(repository, 'info', 'exclude'), missing.join(''));
  for (const top of tops) await rm(join(tree, top), { recursive: true, force: true });
  const index = { ...here.env, GIT_INDEX_FILE: join(repository, 'startup-index') };
  const wanted = await execGit(['ls-tree', '-r', '-z', '--name-only', trusted, '--', ...tops], { directory });
  await execGit(['read-tree', trusted], { ...here, env: index });
  await execGit(['checkout-index', '-f', '-z', '--stdin'], { ...here, env: index, input: wanted });
  await rm(index.GIT_INDEX_FILE);
  return changed.map(({ path }) => path);
}

function pairs(text: string): { status: string; path: string }[] {
  const words = text.split('\0');
  const found: { status: string; path: string }[] = [];
  for (let at = 0; at + 1 < words.length; at += 2) {
    found.push({ status: words[at] ?? '', path: words[at + 1] ?? '' });
  }
  return found;
}

function lines(paths: readonly string[]): string {
  return paths.map(path => `${path}\0`).join('');
}
