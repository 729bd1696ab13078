import { lstatSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { isWithin } from './programs.ts';
import type { Mount } from './view.ts';

/**
 * Makes the private folders, and in them the places where something else is mounted. Each folder on the way there is
 * mounted onto itself: what is a mount can't be renamed or removed by the agent, who else could put a link in its place
 * and lead the next sandbox of the run astray while it is made.
 */
export function readyMounts(mounts: readonly Mount[]): Mount[] {
  const all = new Map<string, Mount>();
  for (const mount of mounts) {
    if (mount.kind === 'private') makePlace(mount.from, 'folder');
    const around = mounts.findLast(each => each !== mount && isWithin(each.path, mount.path));
    if (around?.kind === 'private') {
      const names = relative(around.path, mount.path).split(sep);
      names.forEach((_, index) => {
        const path = join(around.path, ...names.slice(0, index + 1));
        const from = join(around.from, ...names.slice(0, index + 1));
        const isLast = index === names.length - 1;
        makePlace(from, isLast && !isFolder(mount) ? 'file' : 'folder');
        if (!isLast && !all.has(path)) all.set(path, { path, from, kind: 'write' });
      });
    }
    all.set(mount.path, mount);
  }
  return [...all.values()];
}

/** Nothing of the run is alive when its places are made; what it left in the way makes room. */
function makePlace(path: string, kind: 'folder' | 'file'): void {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (kind === 'folder' ? there?.isDirectory() : there?.isFile()) return;
  rmSync(path, { recursive: true, force: true });
  if (kind === 'file') writeFileSync(path, '');
  else mkdirSync(path, { recursive: true, mode: 0o700 });
}

function isFolder({ kind, from }: Mount): boolean {
  return kind === 'private' || kind === 'empty' || statSync(from).isDirectory();
}
