import type { Overlap } from '../store/overlaps.ts';

/** A live branch: of a run at work, or of an open pull request. */
export interface Branch {
  task: number;
  isLive: boolean;
  /** Its newest commit; null before the first one. */
  head: string | null;
  /** The newest commit of where it goes to. */
  base: string | null;
  /** What it changes, committed or not. */
  files: readonly string[];
  /** What has changed on its base meanwhile. */
  onBase: readonly string[];
}

/** The files in which a merge of two commits conflicts. */
export interface Merges {
  conflicts(one: string, other: string): Promise<string[]>;
}

/**
 * Where branches will collide, with their bases and with each other: only merges whose files meet are rehearsed. Of two that
 * work on the same files at this moment, both are told, though what they have committed can be merged.
 */
export async function collisions(branches: readonly Branch[], merges: Merges): Promise<Overlap[]> {
  const found: Overlap[] = [];
  for (const { task, head, base, files, onBase } of branches) {
    if (head === null || base === null || !onBase.some(file => files.includes(file))) continue;
    const inFiles = await merges.conflicts(head, base);
    if (inFiles.length > 0) found.push({ task, other: null, conflicts: true, files: inFiles });
  }
  for (const { one, other, files } of meetings(branches)) {
    const inFiles =
      one.head === null || other.head === null ? [] : await merges.conflicts(one.head, other.head);
    const conflicts = inFiles.length > 0;
    if (!conflicts && !(one.isLive && other.isLive)) continue;
    const what = { conflicts, files: conflicts ? inFiles : files };
    found.push(
      { task: one.task, other: other.task, ...what },
      { task: other.task, other: one.task, ...what },
    );
  }
  return found;
}

/** Each two branches that change the same files, once. */
function meetings(branches: readonly Branch[]) {
  const byFile = new Map<string, number[]>();
  for (const [place, { files }] of branches.entries())
    for (const file of files) byFile.set(file, [...(byFile.get(file) ?? []), place]);
  const met = new Map<string, { one: Branch; other: Branch; files: string[] }>();
  for (const [file, places] of [...byFile].sort(([a], [b]) => (a < b ? -1 : 1)))
    for (const [at, first] of places.entries())
      for (const second of places.slice(at + 1)) {
        const [one, other] = [branches[first] as Branch, branches[second] as Branch];
        const meeting = met.get(`${first}:${second}`) ?? { one, other, files: [] };
        meeting.files.push(file);
        met.set(`${first}:${second}`, meeting);
      }
  return met.values();
}
