import { constants } from 'node:fs';
import { lstat, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { OrchError } from '../shared/errors.ts';
import { insidePath } from './inside.ts';

export interface CopyRequest {
  /** An absolute directory of the server. */
  from: string;
  /** Files below it, which get the same path in the tree. */
  files: readonly string[];
}

/**
 * Copies files into a fresh tree. Links are followed on neither side: a repository could place one where the file goes.
 * Errors: E_SETTINGS.
 */
export async function copyFiles(tree: string, { from, files }: CopyRequest): Promise<void> {
  for (const file of files) {
    const parts = insidePath(file);
    if (parts === null) throw refuse(file, 'leaves the repository');
    try {
      await copyFile(from, tree, parts);
    } catch (error) {
      throw refuse(file, REASONS[(error as NodeJS.ErrnoException).code ?? ''] ?? String(error));
    }
  }
}

const REASONS: Record<string, string> = {
  ENOENT: 'is not there',
  EEXIST: 'is in the repository already',
  ELOOP: 'is a symbolic link',
  ENOTDIR: 'passes through something that is no folder',
};

async function copyFile(from: string, tree: string, parts: readonly string[]): Promise<void> {
  await checkFolders(from, parts);
  await using source = await open(
    join(from, ...parts),
    constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
  );
  const { mode } = await source.stat();
  await makeFolders(tree, parts);
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  await using target = await open(join(tree, ...parts), flags, mode & 0o777);
  await target.writeFile(await source.readFile());
}

async function checkFolders(root: string, parts: readonly string[]): Promise<void> {
  for (let length = 1; length < parts.length; length++) {
    const folder = await lstat(join(root, ...parts.slice(0, length)));
    if (!folder.isDirectory()) throw Object.assign(new Error('no folder'), { code: 'ENOTDIR' });
  }
}

async function makeFolders(root: string, parts: readonly string[]): Promise<void> {
  for (let length = 1; length < parts.length; length++) {
    await mkdir(join(root, ...parts.slice(0, length))).catch(error => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
  await checkFolders(root, parts);
}

function refuse(file: string, why: string): OrchError {
  return new OrchError('E_SETTINGS', `\`${file}\`, to be copied into the workspace, ${why}.`, {
    remedy: 'Correct `copy` in the settings.',
  });
}
