import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { isOnPath } from '../shared/program.ts';

/** What a project's own files say must be run before work starts. A failure is told, and does not end the run. */
export interface DetectedSetup {
  /** For /bin/sh, in the tree. */
  command: string;
  required: false;
}

/**
 * Commands for the lock files at the top of the tree whose program is on `path` (as in PATH), one JavaScript package
 * manager at most, and for submodules.
 */
export function detectSetup(tree: string, path: string): DetectedSetup[] {
  const found = SETUPS.filter(
    ({ file, command }) => isFile(tree, file) && isOnPath(command.split(' ')[0] ?? '', path),
  );
  const taken = new Set<string>();
  const commands = found.flatMap(({ kind, command }) => {
    if (taken.has(kind)) return [];
    taken.add(kind);
    return [{ command, required: false as const }];
  });
  return commands;
}

/** The files with guidance for agents that a repository has at its top. */
export function guidanceFiles(tree: string): string[] {
  return ['AGENTS.md', 'CLAUDE.md', 'GEMINI.md'].filter(file => isFile(tree, file));
}

/** Where GitHub looks for the one template of pull requests; case is no matter to it, and these are how people write it. */
const TEMPLATES = ['.github', '.', 'docs'].flatMap(folder =>
  ['pull_request_template.md', 'PULL_REQUEST_TEMPLATE.md'].map(name => join(folder, name)),
);

/** The repository's template for the text of pull requests; null where it has none. */
export function pullTemplate(tree: string): string | null {
  return TEMPLATES.find(file => isFile(tree, file)) ?? null;
}

const SETUPS = [
  { kind: 'submodules', file: '.gitmodules', command: 'git submodule update --init --recursive --depth 1' },
  { kind: 'javascript', file: 'package-lock.json', command: 'npm ci' },
  { kind: 'javascript', file: 'npm-shrinkwrap.json', command: 'npm ci' },
  { kind: 'javascript', file: 'pnpm-lock.yaml', command: 'pnpm install --frozen-lockfile' },
  { kind: 'javascript', file: 'yarn.lock', command: 'yarn install --frozen-lockfile' },
  { kind: 'javascript', file: 'bun.lock', command: 'bun install --frozen-lockfile' },
  { kind: 'javascript', file: 'bun.lockb', command: 'bun install --frozen-lockfile' },
  { kind: 'python', file: 'uv.lock', command: 'uv sync --frozen' },
  { kind: 'python', file: 'poetry.lock', command: 'poetry install' },
  { kind: 'ruby', file: 'Gemfile.lock', command: 'bundle install' },
  { kind: 'go', file: 'go.sum', command: 'go mod download' },
  { kind: 'rust', file: 'Cargo.lock', command: 'cargo fetch --locked' },
] as const;

// Links are not followed: they could lead out of the tree.
function isFile(tree: string, file: string): boolean {
  return lstatSync(join(tree, file), { throwIfNoEntry: false })?.isFile() ?? false;
}
