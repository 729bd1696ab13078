import { z } from 'zod';

/** Reads a file at the top of a commit's tree; null when it is not there. */
export type ReadFile = (path: string) => Promise<string | null>;

const manifest = z.object({ scripts: z.object({ test: z.string().trim().min(1) }) });

/** What `npm init` writes, which fails always. */
const NO_TESTS = /no test specified/;

/**
 * The command that a project's own files say runs its tests; null where they say nothing. A script named `test` counts, a
 * configured pytest, a module of Go, a crate, a target of make, in this order.
 */
export async function detectCommand(read: ReadFile): Promise<string | null> {
  for (const detect of [javascript, python, go, rust, make]) {
    const command = await detect(read);
    if (command !== null) return command;
  }
  return null;
}

async function javascript(read: ReadFile): Promise<string | null> {
  const { success, data } = manifest.safeParse(parseJson(await read('package.json')));
  if (!success || NO_TESTS.test(data.scripts.test)) return null;
  if ((await read('pnpm-lock.yaml')) !== null) return 'pnpm test';
  return (await read('yarn.lock')) !== null ? 'yarn test' : 'npm test';
}

async function python(read: ReadFile): Promise<string | null> {
  const isConfigured =
    (await read('pytest.ini')) !== null ||
    /^\[tool\.pytest/m.test((await read('pyproject.toml')) ?? '') ||
    /^\[tool:pytest\]/m.test((await read('setup.cfg')) ?? '');
  return isConfigured ? 'python -m pytest -rA' : null;
}

async function go(read: ReadFile): Promise<string | null> {
  return (await read('go.mod')) === null ? null : 'go test ./...';
}

async function rust(read: ReadFile): Promise<string | null> {
  return (await read('Cargo.toml')) === null ? null : 'cargo test';
}

async function make(read: ReadFile): Promise<string | null> {
  return /^test\s*:(?!=)/m.test((await read('Makefile')) ?? '') ? 'make test' : null;
}

function parseJson(text: string | null): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return null;
  }
}
