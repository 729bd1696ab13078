import { basename, extname, join } from 'node:path';

/**
 * Orch's own programs that run as processes or threads of their own, each with the file that it begins in. In the Action
 * those of `src/action/bundle.ts` are there.
 */
const PROGRAMS = {
  /** The command `orch`. */
  orch: '../bin/orch.js',
  /** `git push`, `gh` and `orch` in a worktree. */
  worktree: 'cli/worktree/main.ts',
  /** Reads what an agent's CLI prints. */
  narrator: 'agent/watch/main.ts',
  /** What runs first in a sandbox. */
  inside: 'agent/sandbox/inside.ts',
  /** Checks a copy of the database. */
  integrity: 'store/integrity-worker.ts',
  /** The demo's scripted agents. */
  'demo-agent': 'demo/agent.ts',
} as const;

export type OwnProgram = keyof typeof PROGRAMS;

// Of the Action's bundle all modules are one file, with a name of its own. It begins in the program that its first argument
// names. Built, a program is JavaScript.
const suffix = extname(import.meta.filename);
const isBundled = basename(import.meta.filename, suffix) !== 'own-programs';
const root = isBundled ? import.meta.dirname : join(import.meta.dirname, '..');

/** What Node has to be given to start it; the program's own arguments follow. */
export function ownProgram(name: OwnProgram): [file: string, ...args: string[]] {
  if (isBundled) return [import.meta.filename, name];
  return [join(root, PROGRAMS[name].replace(/\.ts$/, suffix))];
}

/** Tells the version. */
export const PACKAGE_FILE = join(root, isBundled ? '.' : '..', 'package.json');

/** Everything that the programs of a run are read from, beside Node. */
export const OWN_CODE: readonly string[] = [isBundled ? import.meta.filename : root, PACKAGE_FILE];
