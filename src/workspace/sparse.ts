import { OrchError } from '../shared/errors.ts';
import { insidePath } from './inside.ts';

/**
 * The file `info/sparse-checkout` in git's cone mode: the files at the top, those of each directory's parents, and all
 * below the directories. `git worktree add` copies it into the worktree before it checks out (git 2.36).
 */
export function sparsePatterns(directories: readonly string[]): string {
  const whole = new Set<string>();
  const parents = new Set<string>();
  for (const directory of directories) {
    const parts = insidePath(directory);
    if (parts === null) {
      throw new OrchError('E_SETTINGS', `\`${directory}\` in \`sparse\` is no directory of the repository.`);
    }
    whole.add(path(parts));
    for (let length = 1; length < parts.length; length++) parents.add(path(parts.slice(0, length)));
  }
  const upper = [...parents].filter(parent => !whole.has(parent)).sort();
  return [
    '/*',
    '!/*/',
    ...upper.flatMap(parent => [`${parent}/`, `!${parent}/*/`]),
    ...[...whole].sort().map(w => `${w}/`),
  ]
    .map(line => `${line}\n`)
    .join('');
}

function path(parts: readonly string[]): string {
  return parts.map(part => `/${part.replace(/[\\*?[]/g, '\\$&')}`).join('');
}
