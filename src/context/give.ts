import { contextFile } from '../shared/names.ts';
import { type FolderFile, openFolder } from './folder.ts';

/** What an agent gets of the shared context (bytes, and files in all). */
const MOST = { fileBytes: 2 * 1024 * 1024, bytes: 16 * 1024 * 1024, files: 300 };

export interface Given {
  /** The most telling first. */
  files: readonly FolderFile[];
  /** How many there are beside them. */
  more: number;
}

/**
 * Copies the shared context to a folder of a run's workspace, and takes away there what is gone. What has not changed is
 * not written again; what has, takes its place at once. Errors: E_CONTEXT.
 */
export async function give(shared: string, to: string): Promise<Given> {
  const [source, target] = [openFolder(shared), openFolder(to)];
  const all = await source.list();
  const files = choose(all);
  const there = new Map((await target.list()).map(file => [file.path, file]));
  for (const file of files) {
    const old = there.get(file.path);
    there.delete(file.path);
    if (old?.bytes === file.bytes && old.at === file.at) continue;
    const content = await source.read(file.path, MOST.fileBytes);
    // Read-only: who writes here would think that others see it.
    if (content !== null) await target.writeCopy(file.path, content, file.at);
  }
  for (const path of there.keys()) await target.remove(path);
  return { files, more: all.length - files.length };
}

/** Overview, state, what people put there and notes; then outputs, the newest first. */
function choose(all: readonly FolderFile[]): FolderFile[] {
  const wanted = all
    .filter(({ bytes }) => bytes <= MOST.fileBytes)
    .sort((a, b) => rank(a) - rank(b) || order(a, b));
  let bytes = 0;
  return wanted.slice(0, MOST.files).filter(file => {
    if (bytes + file.bytes > MOST.bytes) return false;
    bytes += file.bytes;
    return true;
  });
}

const FIRST = ['project_overview.md', 'current_state.md'];

function rank({ path }: FolderFile): number {
  const first = FIRST.indexOf(path);
  if (first >= 0) return first;
  return FIRST.length + (path.startsWith('agent_outputs/') ? 1 : 0);
}

function order(a: FolderFile, b: FolderFile): number {
  if (a.path.startsWith('agent_outputs/')) return b.path.localeCompare(a.path, 'en', { numeric: true });
  return a.path < b.path ? -1 : 1;
}

/**
 * Where the files lie that a task names: in the shared context, also with the name of its folder before them, else in the
 * worktree. Null for what is in neither, or only behind a link.
 */
export async function locateFiles(
  wanted: readonly string[],
  { given, at, name, tree }: { given: Given; at: string; name: string; tree: string },
): Promise<{ path: string; at: string | null }[]> {
  const known = new Set(given.files.map(({ path }) => path));
  const within = openFolder(tree);
  return await Promise.all(
    wanted.map(async path => {
      if (!contextFile.safeParse(path).success) return { path, at: null };
      const clean = path
        .split('/')
        .filter(part => part !== '' && part !== '.')
        .join('/');
      const short = clean.startsWith(`${name}/`) ? clean.slice(name.length + 1) : clean;
      const inContext = [clean, short].find(each => known.has(each));
      if (inContext !== undefined) return { path, at: `${at}/${inContext}` };
      const isThere = await within.has(clean).catch(() => false);
      return { path, at: isThere ? clean : null };
    }),
  );
}
