import type { Secrets } from '../../shared/secrets/secrets.ts';
import { type GitOptions, tryGit } from '../git.ts';
import type { NewObjects, ReadObject, Visitor } from './objects.ts';

interface Hit {
  object: ReadObject;
  line: number;
  what: string;
  text: string;
}

/** So many are told of; who mends them may be told of more with the next push. */
const MOST_HITS = 5;
/** Of the part before it, what may belong to a secret that begins there. */
const OVERLAP = 4096;

/** Looks for secrets in whole objects: contents, names in trees, messages and names of people in commits. */
export function secretSearch(secrets: Pick<Secrets, 'find'>): Visitor & { hits: Hit[] } {
  const hits: Hit[] = [];
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
      if (hits.length >= MOST_HITS) return;
      const text = rest + bytes.toString('latin1');
      for (const { start, end, what } of secrets.find(text)) {
        // What ends in the part before was found there.
        if (end <= rest.length) continue;
        hits.push({
          object,
          line: line + lineEnds(text.slice(0, start)),
          what,
          text: text.slice(start, end),
        });
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
  hits: readonly Hit[],
  { paths }: NewObjects,
  base: string,
): Promise<string[]> {
  const told = new Set<string>();
  for (const hit of hits) {
    if (!(await isInBase(git, hit.text, base))) told.add(`${placeOf(hit, paths)} ${hit.what}`);
  }
  return [...told];
}

async function isInBase(git: GitOptions, text: string, base: string): Promise<boolean> {
  const [longest] = text.split(/[\r\n]+/).sort((a, b) => b.length - a.length);
  // By standard input: arguments can be read by others.
  const args = ['grep', '--quiet', '--fixed-strings', '--text', '-f', '-', base, '--'];
  return (await tryGit(args, { ...git, input: `${longest}\n` })).exitCode === 0;
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
