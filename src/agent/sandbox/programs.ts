import { existsSync, lstatSync, readlinkSync, statSync } from 'node:fs';
import { basename, delimiter, dirname, isAbsolute, join, resolve, sep } from 'node:path';
import { isExecutable } from '../../shared/program.ts';

/** Whether `path` is the folder or lies below it. */
export function isWithin(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder === sep ? sep : `${folder}${sep}`);
}

/**
 * The files and folders that programs on a PATH need, outside of `system`: each entry of it, a Node prefix's libraries
 * (nvm, npm's global folder), and what the command itself names, links followed. Nothing that holds one of `apart`.
 */
export function programPlaces(
  path: string,
  command: readonly string[],
  { system, apart }: { system: readonly string[]; apart: readonly string[] },
): string[] {
  const isTooMuch = (folder: string) => apart.some(each => isWithin(folder, each));
  const folders = path
    .split(delimiter)
    .filter(isAbsolute)
    .map(entry => resolve(entry))
    .filter(isFolder);
  const libraries = folders.map(folder => join(dirname(folder), 'lib')).filter(hasNodeModules);
  const [program = '', ...words] = command;
  const installed = links(which(program, folders)).map(file => {
    const folder = installation(file);
    return isTooMuch(folder) ? file : folder;
  });
  const all = [...folders, ...libraries, ...installed, ...words.flatMap(links)];
  const wanted = all.filter(each => !isTooMuch(each) && !system.some(folder => isWithin(folder, each)));
  return [...new Set(wanted)];
}

/** A file with every link on the way to what it really is. */
function links(file: string): string[] {
  const chain: string[] = [];
  for (let at = file; isAbsolute(at) && existsSync(at) && !chain.includes(at); ) {
    chain.push(at);
    if (!lstatSync(at).isSymbolicLink()) break;
    at = resolve(dirname(at), readlinkSync(at));
  }
  return chain;
}

function which(program: string, folders: readonly string[]): string {
  if (program.includes('/')) return program;
  return folders.map(folder => join(folder, program)).find(isExecutable) ?? '';
}

/** The folder that a program lies in with what belongs to it; for a package the outermost `node_modules`. */
function installation(file: string): string {
  const parts = file.split(sep);
  const modules = parts.indexOf('node_modules');
  return modules > 0 ? parts.slice(0, modules + 1).join(sep) : dirname(file);
}

function hasNodeModules(library: string): boolean {
  return basename(library) === 'lib' && isFolder(join(library, 'node_modules'));
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
