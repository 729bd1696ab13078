import { z } from 'zod';

/** Reads a file at the top of a commit's tree; null when it is not there. */
export type ReadFile = (path: string) => Promise<string | null>;

const script = z.string().optional();
const manifest = z.object({
  scripts: z.object({ test: z.string().trim().min(1), pretest: script, posttest: script }),
});

/** Files that say how tests are run, whatever the command is. */
const RUNNERS =
  /^(\.npmrc|\.yarnrc(\.yml)?|pytest\.ini|tox\.ini|setup\.cfg|\.mocharc\.\w+|(jest|vitest|vite|karma|playwright)\.config\.\w+|\.cargo\/.+)$/;

/** Whether a path in the repository says how tests are run. */
export function isRunnerFile(path: string): boolean {
  return RUNNERS.test(path);
}

export interface TestCommand {
  command: string;
  /** What the project's own files make of it: work that changes this changes what is tested. */
  means: string;
}

/** What `npm init` writes, which fails always. */
const NO_TESTS = /no test specified/;

/**
 * The command that a project's own files say runs its tests; null where they say nothing. A script named `test` counts, a
 * configured pytest, a module of Go, a crate, a target of make, in this order.
 */
export async function detectCommand(read: ReadFile): Promise<TestCommand | null> {
  for (const detect of [javascript, python, go, rust, make]) {
    const command = await detect(read);
    if (command !== null) return command;
  }
  return null;
}

async function javascript(read: ReadFile): Promise<TestCommand | null> {
  const { success, data } = manifest.safeParse(parseJson(await read('package.json')));
  if (!success || NO_TESTS.test(data.scripts.test)) return null;
  const { test, pretest, posttest } = data.scripts;
  const means = JSON.stringify([pretest, test, posttest]);
  if ((await read('pnpm-lock.yaml')) !== null) return { command: 'pnpm test', means };
  return { command: (await read('yarn.lock')) !== null ? 'yarn test' : 'npm test', means };
}

async function python(read: ReadFile): Promise<TestCommand | null> {
  const isConfigured =
    (await read('pytest.ini')) !== null ||
    /^\[tool\.pytest/m.test((await read('pyproject.toml')) ?? '') ||
    /^\[tool:pytest\]/m.test((await read('setup.cfg')) ?? '');
  return isConfigured ? alone('python -m pytest -rA') : null;
}

async function go(read: ReadFile): Promise<TestCommand | null> {
  return (await read('go.mod')) === null ? null : alone('go test ./...');
}

async function rust(read: ReadFile): Promise<TestCommand | null> {
  return (await read('Cargo.toml')) === null ? null : alone('cargo test');
}

async function make(read: ReadFile): Promise<TestCommand | null> {
  const means = (await read('Makefile')) ?? '';
  return /^test\s*:(?!=)/m.test(means) ? { command: 'make test', means } : null;
}

function alone(command: string): TestCommand {
  return { command, means: command };
}

function parseJson(text: string | null): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return null;
  }
}
