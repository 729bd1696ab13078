import { createHash } from 'node:crypto';

/**
 * A file of which Orch writes the upper part and people the rest: a line between tells them apart. It holds the hash of
 * what stands above, so that an edit there is noticed.
 */
const LINE = /^<!-- Orch writes what stands above this line; below it is yours\. ([0-9a-f]{16}) -->$/m;

/** The file with a new upper part; null when people have changed the part there is, which then stays. */
export function withPart(file: string | null, part: string): string | null {
  const rest = file === null ? '' : restOf(file);
  return rest === null ? null : `${part.trimEnd()}\n\n${lineFor(part)}\n${rest}`;
}

/** What people wrote below; null when they changed what stands above, or there is no line. */
export function restOf(file: string): string | null {
  const found = LINE.exec(file);
  if (found === null || found[1] !== hash(file.slice(0, found.index))) return null;
  return file.slice(found.index + found[0].length).replace(/^\n/, '');
}

function lineFor(part: string): string {
  return `<!-- Orch writes what stands above this line; below it is yours. ${hash(part)} -->`;
}

function hash(part: string): string {
  return createHash('sha256').update(part.trim()).digest('hex').slice(0, 16);
}
