import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseSync, Visitor } from 'oxc-parser';

/** The checkout's root, with a slash at its end. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface SourceFile {
  /** Relative to the root, with slashes: `src/queue/claim.ts`. */
  readonly path: string;
  readonly text: string;
}

export interface Import {
  /** As written: `../store/open.ts`, `node:fs`, `@octokit/rest`. */
  readonly specifier: string;
  /** Erased before the program runs. */
  readonly isType: boolean;
}

/** All files under a folder of the checkout; none when the folder is not there yet. */
export function filesUnder(folder: string): SourceFile[] {
  let names: string[];
  try {
    names = readdirSync(ROOT + folder, { recursive: true, encoding: 'utf8' });
  } catch {
    return [];
  }
  const files = names.filter(name => /\.\w+$/.test(name)).map(name => `${folder}/${name}`);
  return files.sort().map(path => ({ path, text: textOf(path) }));
}

/** The text of one file of the checkout. */
export function textOf(path: string): string {
  return readFileSync(ROOT + path, 'utf8');
}

/** What a TypeScript file imports and re-exports, dynamic imports included. */
export function importsOf({ path, text }: SourceFile): Import[] {
  const { module } = parse(path, text);
  const imported = module.staticImports.map(({ moduleRequest, entries }) => ({
    specifier: moduleRequest.value,
    isType: entries.length > 0 && entries.every(entry => entry.isType),
  }));
  const exported = module.staticExports.flatMap(({ entries }) =>
    entries.flatMap(({ moduleRequest, isType }) =>
      moduleRequest === null ? [] : [{ specifier: moduleRequest.value, isType }],
    ),
  );
  const dynamic = module.dynamicImports.map(({ moduleRequest: { start, end } }) => ({
    specifier: text.slice(start, end).replace(/^['"`]|['"`]$/g, ''),
    isType: false,
  }));
  return [...imported, ...exported, ...dynamic];
}

/** Calls such as `vi.waitFor(…)`: in which line each is, and how many arguments it has. */
export function callsOf(
  object: string,
  { path, text }: SourceFile,
): { line: number; method: string; count: number }[] {
  const found: { line: number; method: string; count: number }[] = [];
  new Visitor({
    CallExpression({ callee, arguments: given, start }) {
      if (callee.type !== 'MemberExpression' || callee.object.type !== 'Identifier') return;
      if (callee.object.name !== object || callee.property.type !== 'Identifier') return;
      const line = text.slice(0, start).split('\n').length;
      found.push({ line, method: callee.property.name, count: given.length });
    },
  }).visit(parse(path, text).program);
  return found;
}

/** Lines that hold more than comments and blanks. */
export function linesOfCode({ path, text }: SourceFile): number {
  let code = text;
  for (const { start, end } of parse(path, text).comments) {
    code = code.slice(0, start) + text.slice(start, end).replace(/[^\n]/g, ' ') + code.slice(end);
  }
  return code.split('\n').filter(line => line.trim() !== '').length;
}

function parse(path: string, text: string): ReturnType<typeof parseSync> {
  const result = parseSync(path, text);
  const [error] = result.errors;
  if (error !== undefined) throw new Error(`${path}: ${error.message}`);
  return result;
}
