import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, join, relative } from 'node:path';
import { OrchError } from '../shared/errors.ts';
import type { LocalRepository } from './repository.ts';

/** Absolute paths from the top of the repository, those in it; a folder's ends with a slash. */
export function insideOf({ top }: LocalRepository, paths: readonly string[]): string[] {
  return paths
    .map(path => ({ path: relative(top, path), slash: path.endsWith('/') ? '/' : '' }))
    .filter(({ path }) => path !== '' && !path.startsWith('..') && !isAbsolute(path))
    .map(({ path, slash }) => `${path}${slash}`);
}

/**
 * Keeps what Orch writes out of what git shows and takes, by the one list that is no part of the repository. `paths`: from
 * the top of it. What git knows already it goes on to follow. Errors: E_HOME.
 */
export function excludeFromGit({ gitDirectory }: LocalRepository, paths: readonly string[]): void {
  const file = join(gitDirectory, 'info', 'exclude');
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const known = text.split('\n');
  const lines = paths.map(path => `/${path}`).filter(line => !known.includes(line));
  if (lines.length === 0) return;
  const start = text === '' || text.endsWith('\n') ? '' : '\n';
  try {
    mkdirSync(dirname(file), { recursive: true });
    appendFileSync(file, `${start}${lines.join('\n')}\n`);
  } catch (cause) {
    const remedy = 'Correct its owner and permissions: the branches of tasks go into this repository.';
    throw new OrchError('E_HOME', `${file} can't be written: ${(cause as Error).message}`, { cause, remedy });
  }
}
