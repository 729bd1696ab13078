import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { type OutputChunk, type Plugin, rolldown } from 'rolldown';
import { faultsOf } from './faults.ts';
import { licencesOf } from './licences.ts';

const ROOT = join(import.meta.dirname, '../..');

/** What the one file may have, in bytes. */
export const MOST_BYTES = 3_000_000;

/**
 * The Action in one file, with what has to lie beside it: text by file name. The same sources give the same text on every
 * machine. Throws, and names the way in, when there is something that a job can't have.
 */
export async function bundleAction(): Promise<Record<string, string>> {
  const chunk = await bundle('src/action/bundle.ts');
  const { version, license } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const about = { name: 'orch-action', version, license, private: true, type: 'module' };
  return {
    'index.js': chunk.code,
    // Node asks the nearest one whether a file is a module: where only this folder was copied to, it is this one.
    'package.json': `${JSON.stringify(about, null, 2)}\n`,
    'LICENSES.txt': licencesOf(Object.keys(chunk.modules)),
  };
}

/** One module of a file and all that it imports, except Node's own. Throws like bundleAction. */
export async function bundle(input: string): Promise<OutputChunk> {
  const importers = new Map<string, readonly string[]>();
  const warnings: string[] = [];
  await using build = await rolldown({
    input,
    cwd: ROOT,
    platform: 'node',
    plugins: [withoutSignIn, lateBuiltins, remember(importers)],
    onLog: (level, { message }) => void (level === 'warn' && warnings.push(message)),
  });
  // Names are kept, for the errors that people will tell of.
  const { output } = await build.generate({
    format: 'esm',
    codeSplitting: false,
    minify: 'dce-only',
    comments: { legal: true, annotation: false, jsdoc: false },
  });
  const faults = [...warnings, ...faultsOf(output[0], importers, ROOT)];
  if (faults.length > 0) throw new Error(faults.join('\n'));
  return output[0];
}

/** Nobody asks the runner to vouch for the job, and an HTTP client of 700 KB hangs by that. */
const withoutSignIn: Plugin = {
  name: 'without-sign-in',
  load: {
    filter: { id: /@actions\/core\/lib\/oidc-utils\.js$/ },
    handler: () => 'export class OidcClient {}',
  },
};

/**
 * An import of one of Node's own modules loads all that it exports, and the imports of one file are those of all its programs:
 * asked for like this, each is loaded where it is used. It saves every command of an agent 50 ms. Rolldown itself imports
 * `node:module`.
 */
const lateBuiltins: Plugin = {
  name: 'late-builtins',
  resolveId: id =>
    isBuiltin(id) && id !== 'node:module' ? { id: `\0${id.replace(/^(node:)?/, 'node:')}` } : null,
  load: id =>
    id.startsWith('\0node:')
      ? `module.exports = process.getBuiltinModule(${JSON.stringify(id.slice(1))});`
      : null,
};

function remember(importers: Map<string, readonly string[]>): Plugin {
  return {
    name: 'importers',
    buildEnd() {
      for (const id of this.getModuleIds()) {
        const about = this.getModuleInfo(id);
        if (about) importers.set(id, [...about.importers, ...about.dynamicImporters]);
      }
    },
  };
}
