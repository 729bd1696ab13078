import { posix } from 'node:path';
import { importsOf, type SourceFile } from './source.ts';

/**
 * Every place of src/, highest layer first; a place is one prefix or several, and the longest prefix of a path decides. A
 * file may import from its own place and from lower layers; places of one layer do not import each other, types included:
 * they meet through task types and rows.
 */
const LAYERS: readonly (readonly (string | readonly string[])[])[] = [
  [['src/', 'src/daemon/', 'src/demo/', 'src/action/']],
  ['src/api/', 'src/cli/', 'src/dashboard/', ['src/github/', 'src/github/follow-up/'], 'src/local/'],
  ['src/engine/'],
  ['src/scheduler/'],
  [
    'src/queue/',
    'src/choice/',
    'src/workspace/',
    'src/agent/',
    'src/broker/',
    'src/github/report',
    ['src/github/pulls', 'src/github/follow'],
    'src/record/',
    'src/message/',
    'src/health/',
    'src/context/',
  ],
  [
    [
      'src/github/client',
      'src/github/tokens',
      'src/github/pace',
      'src/github/comments',
      'src/github/once',
      'src/github/refusals',
      'src/github/access',
      'src/github/requester',
    ],
  ],
  ['src/forge/', 'src/overlap/', 'src/proof/'],
  ['src/store/', 'src/config/'],
  ['src/command/'],
  ['src/task/'],
  ['src/help/'],
  ['src/shared/', 'src/simulator/'],
];

interface Prefix {
  readonly prefix: string;
  /** The first prefix of the place, which names it. */
  readonly place: string;
  readonly layer: number;
}

const PREFIXES: readonly Prefix[] = LAYERS.flatMap((places, layer) =>
  places.flatMap(names => [names].flat().map(prefix => ({ prefix, place: [names].flat()[0] ?? '', layer }))),
);

/** The simulator stands beside the App, not in it: it knows what everything may know, and only the demo starts it. */
const SIMULATOR = 'src/simulator/';

/** Folders whose decisions are pure, and the packages that they may reach: none of them does I/O. */
const PURE_FOLDERS = ['src/task/', 'src/command/'];
const PURE_PACKAGES = ['zod', 'fastest-levenshtein', 'markdown-it', 'yaml', 'node:util'];

/** One sentence for each import that goes up, or sideways. */
export function upwardImports(files: readonly SourceFile[]): string[] {
  return files.flatMap(file =>
    importsOf(file)
      .filter(({ specifier }) => specifier.startsWith('.'))
      .map(({ specifier }) => posix.join(posix.dirname(file.path), specifier))
      .filter(target => target.startsWith('src/') && !mayImport(file.path, target))
      .map(target => `${file.path} must not import ${target}`),
  );
}

/** One sentence for each package outside the list that a pure folder reaches when it runs, through our own files too. */
export function impureImports(files: readonly SourceFile[]): string[] {
  const byPath = new Map(files.map(file => [file.path, file]));
  const starts = files.filter(({ path }) => PURE_FOLDERS.some(folder => path.startsWith(folder)));
  return starts.flatMap(start => {
    const reached = [...closure(start, byPath)];
    return reached.flatMap(file =>
      runtimeImports(file)
        .filter(specifier => !specifier.startsWith('.') && !PURE_PACKAGES.includes(specifier))
        .map(specifier => `${start.path} reaches ${specifier} through ${file.path}`),
    );
  });
}

function mayImport(from: string, to: string): boolean {
  const [source, target] = [placeOf(from), placeOf(to)];
  if (source.place === target.place) return true;
  if (source.place === SIMULATOR) return ['src/shared/', 'src/help/'].includes(target.place);
  if (target.place === SIMULATOR) return source.layer === 0;
  return source.layer < target.layer;
}

function placeOf(path: string): Prefix {
  const found = PREFIXES.filter(({ prefix }) => path.startsWith(prefix)).sort(
    (a, b) => b.prefix.length - a.prefix.length,
  )[0];
  // A folder without a layer would otherwise count as a file of the root and be free to import anything.
  if (found === undefined || (found.prefix === 'src/' && path.slice('src/'.length).includes('/'))) {
    throw new Error(`${path}: give its folder a layer in test/structure/layers.ts`);
  }
  return found;
}

function closure(start: SourceFile, byPath: ReadonlyMap<string, SourceFile>): Set<SourceFile> {
  const reached = new Set([start]);
  for (const file of reached) {
    for (const specifier of runtimeImports(file)) {
      const next = specifier.startsWith('.')
        ? byPath.get(posix.join(posix.dirname(file.path), specifier))
        : undefined;
      if (next !== undefined) reached.add(next);
    }
  }
  return reached;
}

function runtimeImports(file: SourceFile): string[] {
  return importsOf(file)
    .filter(({ isType }) => !isType)
    .map(({ specifier }) => specifier);
}
