import { matchesGlob } from 'node:path';

/** How ecosystems name their test files, and the folders that they keep them in. */
const NAMES = [
  /(^|[._-])(test|tests|spec)\.[cm]?[jt]sx?$/,
  /(^|\/)test_[^/]*\.py$|_test\.py$|(^|\/)conftest\.py$/,
  /_test\.go$/,
  /_(test|spec)\.(rb|exs|rs|dart|lua)$/,
  /(Test|Tests|Spec|IT)\.(java|kt|kts|scala|groovy|cs|swift|php)$/,
  /\.(bats|feature)$/,
];
const FOLDERS = /(^|\/)(tests?|specs?|__tests__|__snapshots__|testdata)\//;

/**
 * Whether a path in the repository is part of its tests: by the repository's own patterns where it has some, else by what is
 * usual in the language.
 */
export function isTestFile(path: string, patterns: readonly string[] | null): boolean {
  if (patterns !== null) return patterns.some(pattern => matchesGlob(path, pattern));
  return FOLDERS.test(path) || NAMES.some(name => name.test(path));
}
