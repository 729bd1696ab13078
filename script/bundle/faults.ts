import { isBuiltin } from 'node:module';
import { relative } from 'node:path';
import type { OutputChunk } from 'rolldown';

/** They listen for GitHub, or are native code: a job has no use for the ones and can't bring the others. */
const FORBIDDEN = /\.node$|[/\\]node_modules[/\\](probot|fastify|@fastify|better-sqlite3|smee-client)[/\\]/;

/** They may ask in which file they are. For others it would be another than they think; pino's asks for transports only. */
const KNOW_THEIR_FILE =
  /^src\/shared\/own-programs\.ts$|rolldown\/runtime\.js$|^node_modules\/(pino|thread-stream)\//;

/** One sentence for each thing in the file that would fail in a job, or has no business there. */
export function faultsOf(
  chunk: OutputChunk,
  importers: ReadonlyMap<string, readonly string[]>,
  root: string,
): string[] {
  const modules = Object.entries(chunk.modules);
  const forbidden = modules.filter(([id]) => FORBIDDEN.test(id)).map(([id]) => id);
  const placed = modules.filter(
    ([id, { code }]) =>
      /\bimport\.meta\b|\b__(dirname|filename)\b/.test(code ?? '') &&
      !KNOW_THEIR_FILE.test(relative(root, id)),
  );
  const required = [...chunk.code.matchAll(/\b__require\(([^)]*)\)/g)].map(([, what = '']) => what);
  const imported = [...chunk.imports, ...chunk.dynamicImports]
    .filter(name => name !== chunk.fileName)
    .map(name => JSON.stringify(name));
  const missing = [...required, ...imported].filter(what => !isBuiltin(what.replace(/^(["'])(.*)\1$/, '$2')));
  const way = (id: string) => wayTo(id, importers, root).join(' → ');
  return [
    // One of a package's files is enough to find the way in.
    ...forbidden.slice(0, 1).map(id => `must not be in the Action: ${way(id)}`),
    ...placed.map(([id]) => `asks where it lies, which in the Action is elsewhere: ${way(id)}`),
    ...missing.map(what => `is not in the Action, and not of Node: ${what}`),
  ];
}

/** A shortest way of imports from where it all begins to a module. */
function wayTo(id: string, importers: ReadonlyMap<string, readonly string[]>, root: string): string[] {
  const ways = [[id]];
  const seen = new Set([id]);
  for (const way of ways) {
    const from = importers.get(way[0] as string) ?? [];
    if (from.length === 0) return way.map(each => relative(root, each));
    for (const importer of from) if (!seen.has(importer)) ways.push([importer, ...way]);
    for (const importer of from) seen.add(importer);
  }
  return [relative(root, id)];
}
