import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Io } from './broker-client.ts';

/** The shared context: its files with their sizes, a line each, or what is in one of them. Throws when there is no such. */
export async function readContext({ env }: Pick<Io, 'env'>, file: string | undefined): Promise<string> {
  const folder = env.ORCH_CONTEXT;
  if (!folder) throw new Error('ORCH_CONTEXT is not set: this command works in an Orch workspace only.');
  if (file !== undefined) return await readOne(folder, file);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const paths = entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name));
  const lines = await Promise.all(
    paths.sort().map(async path => `${(await stat(path)).size}\t${path.slice(folder.length + 1)}`),
  );
  return lines.length === 0 ? 'Nothing is known of this repository yet.' : lines.join('\n');
}

async function readOne(folder: string, file: string): Promise<string> {
  try {
    return await readFile(join(folder, file.replace(/^\.orch-context\//, '')), 'utf8');
  } catch {
    throw new Error(`There is no ${file} in the shared context: \`orch context\` lists what there is.`);
  }
}
