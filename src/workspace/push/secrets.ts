import type { Secrets } from '../../shared/secrets/secrets.ts';
import { type GitOptions, tryGit } from '../git.ts';
import type { NewObjects, ReadObject, Visitor } from './objects.ts';

interface Hit {
  object: ReadObject;
  line: number;
  what: string;
  text: string;
}

/** So many different ones are looked up in the base; who pushes more must take some out. */
const MOST_HITS = 200;
/** Of the part before it, what may belong to a secret that begins there. */
const OVERLAP = 4096;
/** Files of the base that may have a secret already. */
const MOST_FILES = 300;
/** Shorter lines are in any base. */
const SHORTEST_LINE = 12;

/** Looks for secrets in whole objects: contents, names in trees, messages and names of people in commits. */
export function secretSearch(secrets: Pick<Secrets, 'find'>): Visitor & { hits: ReadonlyMap<string, Hit> } {
  /** By their text, so that one which is there many times hides no other. */
  const hits = new Map<string, Hit>();
  let object: ReadObject;
  let rest = '';
  /** The line in which `rest` begins. */
  let line = 1;
  return {
    hits,
    begin(next) {
      object = next;
      rest = '';
      line = 1;
    },
    part(bytes) {
      if (hits.size > MOST_HITS) return;
      const text = rest + bytes.toString('latin1');
      for (const { start, end, what } of secrets.find(text)) {
        // What ends in the part before was found there.
        if (end <= rest.length) continue;
        const found = text.slice(start, end);
        if (hits.has(found)) continue;
        hits.set(found, { object, line: line + lineEnds(text.slice(0, start)), what, text: found });
        if (hits.size > MOST_HITS) return;
      }
      rest = text.slice(-OVERLAP);
      line += lineEnds(text.slice(0, text.length - rest.length));
    },
  };
}

/**
 * The hits that the base does not have already, each as `the file src/keys.ts, line 3, holds a GitHub token`. What is
 * only moved, or stands in a file that is changed elsewhere, everybody could read before.
 */
export async function tellHits(
  git: GitOptions,
  hits: ReadonlyMap<string, Hit>,
  { paths }: NewObjects,
  base: string,
): Promise<string[]> {
  const all = [...hits.values()];
  // With more than that the search has ended early: what it did not see is not in the base for all that is known.
  const told = all.length > MOST_HITS ? all : await missingIn(git, all, base);
  return [...new Set(told.map(hit => `${placeOf(hit, paths)} ${hit.what}`))];
}

/** It counts as there when it is whole and in one piece: single lines of a secret may be anywhere. */
async function missingIn(git: GitOptions, hits: readonly Hit[], base: string): Promise<Hit[]> {
  const lines = hits.map(({ text }) => longestLine(text)).filter(line => line.length >= SHORTEST_LINE);
  if (lines.length === 0) return [...hits];
  // By standard input: arguments can be read by others.
  const args = ['grep', '-l', '-z', '--fixed-strings', '--text', '-f', '-', base, '--'];
  const { stdout } = await tryGit(args, { ...git, input: lines.map(line => `${line}\n`).join('') });
  let missing = [...hits];
  for (const file of stdout.split('\0').filter(Boolean).slice(0, MOST_FILES)) {
    const { stdout: content } = await tryGit(['cat-file', 'blob', file], git);
    const there = withoutBlanks(content);
    missing = missing.filter(({ text }) => !there.includes(withoutBlanks(text)));
    if (missing.length === 0) break;
  }
  return missing;
}

function longestLine(text: string): string {
  return text.split(/[\r\n]+/).reduce((longest, line) => (line.length > longest.length ? line : longest));
}

function withoutBlanks(text: string): string {
  return text.replace(/\s+/g, '');
}

function placeOf({ object: { type, name }, line }: Hit, paths: ReadonlyMap<string, string>): string {
  const path = paths.get(name) || 'the top folder';
  if (type === 'blob') return `the file ${path}, line ${line}, holds`;
  if (type === 'tree') return `a file's name in ${path} holds`;
  return `commit ${name.slice(0, 10)}, in its message or its people's names, holds`;
}

function lineEnds(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++;
  return count;
}
