/** Longer texts are read up to here. */
const MOST_TEXT = 50_000;
const MOST_NAMES = 200;

const LINKS = /\bhttps?:\/\/\S+/g;
const PATHS = /[\w@+-][\w@+.-]*(?:\/[\w@+.-]+)+|[\w@+-][\w@+.-]*\.[A-Za-z]\w{0,9}/g;

/** What looks like the name of a file, or of a path, in people's words. */
export function namedFiles(text: string): string[] {
  const words = text.slice(0, MOST_TEXT).replace(LINKS, ' ');
  const names = [...words.matchAll(PATHS)].map(([name]) => name.replace(/[.,;:]+$/, ''));
  return [...new Set(names)].slice(0, MOST_NAMES);
}

/** Those of these files that a name means: `total.js`, and `src/total.js` mean `src/total.js`, and so does `lib/src`, of all that is in it; `tal.js` does not. */
export function meant(names: readonly string[], files: readonly string[]): string[] {
  return files.filter(file =>
    names.some(
      name =>
        file === name || file.endsWith(`/${name}`) || (name.includes('/') && file.startsWith(`${name}/`)),
    ),
  );
}
