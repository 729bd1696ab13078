import { constants } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { OrchError } from '../shared/errors.ts';

export interface FolderFile {
  /** From the folder, with `/`. */
  path: string;
  bytes: number;
  /** When it was written last (ms). */
  at: number;
}

export type Folder = ReturnType<typeof openFolder>;

/** Deeper than people sort their notes; what lies below is not looked at. */
const DEEPEST = 5;

/**
 * A folder in which others may have put links: nothing is read, listed or written through one, the folder itself
 * included. Errors of each: E_CONTEXT.
 */
export function openFolder(root: string) {
  /** Null when it is not there. */
  async function read(path: string, mostBytes: number): Promise<Buffer | null> {
    return await telling(path, async () => {
      if (!(await hasFolders(path))) return null;
      const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
      await using file = await open(join(root, path), flags).catch(absent);
      if (file === null) return null;
      const found = await file.stat();
      if (!found.isFile()) throw new Error('it is no file');
      if (found.size > mostBytes) throw new Error(`it has more than ${mostBytes} bytes`);
      return await file.readFile();
    });
  }

  /** All of it or nothing: written beside its place, and moved there, to outlast a loss of power. */
  function write(path: string, content: string): Promise<void> {
    return place(path, 0o644, async file => {
      await file.writeFile(content);
      await file.datasync();
    });
  }

  /** The same for what can be copied again: read-only, and showing the time of its original (ms). */
  function writeCopy(path: string, content: Buffer, at: number): Promise<void> {
    return place(path, 0o444, async file => {
      await file.writeFile(content);
      await file.utimes(at / 1000, at / 1000);
    });
  }

  async function place(path: string, mode: number, fill: (file: FileHandle) => Promise<void>): Promise<void> {
    await telling(path, async () => {
      await makeFolders(path);
      const file = join(root, path);
      const fresh = join(dirname(file), TEMPORARY);
      // Left behind by a daemon that was killed.
      await rm(fresh, { force: true });
      const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
      {
        await using opened = await open(fresh, flags, mode);
        await fill(opened);
      }
      await rename(fresh, file);
    });
  }

  async function remove(path: string): Promise<void> {
    await telling(path, async () => {
      if (await hasFolders(path)) await rm(join(root, path), { force: true });
    });
  }

  /** Whether a file or folder is there, and no link. */
  async function has(path: string): Promise<boolean> {
    return await telling(path, async () => {
      const seen = (await hasFolders(path)) ? await lstat(join(root, path)).catch(absent) : null;
      return seen?.isFile() === true || seen?.isDirectory() === true;
    });
  }

  /** Its files in the order of their paths; what begins with a dot is none. */
  async function list(): Promise<FolderFile[]> {
    const found: FolderFile[] = [];
    await telling('', async () => {
      if (await hasFolders('.')) await walk('', found);
    });
    return found.sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  async function walk(folder: string, found: FolderFile[], depth = 1): Promise<void> {
    for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.name.startsWith('.')) continue;
      if (entry.isDirectory() && depth < DEEPEST) await walk(path, found, depth + 1);
      if (!entry.isFile()) continue;
      const seen = await lstat(join(root, path)).catch(absent);
      if (seen?.isFile()) found.push({ path, bytes: seen.size, at: Math.floor(seen.mtimeMs) });
    }
  }

  /** Whether the folders on the way are there. */
  async function hasFolders(path: string): Promise<boolean> {
    for (const folder of onTheWay(path)) {
      const seen = await lstat(folder).catch(absent);
      if (seen === null) return false;
      if (!seen.isDirectory())
        throw new Error(`${folder} is ${seen.isSymbolicLink() ? 'a link' : 'no folder'}`);
    }
    return true;
  }

  async function makeFolders(path: string): Promise<void> {
    await mkdir(dirname(root), { recursive: true });
    for (const folder of onTheWay(path)) await mkdir(folder).catch(exists);
    await hasFolders(path);
  }

  function onTheWay(path: string): string[] {
    const parts = path.split('/').slice(0, -1);
    return [root, ...parts.map((_, at) => join(root, ...parts.slice(0, at + 1)))];
  }

  async function telling<T>(path: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      const what = `The shared context in ${join(root, path)} can't be kept: ${(cause as Error).message}`;
      throw new OrchError('E_CONTEXT', what, { cause });
    }
  }

  return { root, has, read, write, writeCopy, remove, list };
}

export const TEMPORARY = '.orch-writing';

function absent(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}

function exists(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}
