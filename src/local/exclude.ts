import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, join, relative } from 'node:path';
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
 * the top of it. What git knows already it goes on to follow.
 */
export function excludeFromGit({ gitDirectory }: LocalRepository, paths: readonly string[]): void {
  const file = join(gitDirectory, 'info', 'exclude');
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const known = text.split('\n');
  const lines = paths.map(path => `/${path}`).filter(line => !known.includes(line));
  if (lines.length === 0) return;
  mkdirSync(dirname(file), { recursive: true });
  const start = text === '' || text.endsWith('\n') ? '' : '\n';
  appendFileSync(file, `${start}${lines.join('\n')}\n`);
}
