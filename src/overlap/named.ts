/** Longer texts are read up to here. */
const MOST_TEXT = 50_000;
const MOST_NAMES = 200;
const LONGEST_NAME = 300;

const LINKS = /\bhttps?:\/\/\S+/g;

/** What looks like the name of a file, or of a path, in people's words. */
export function namedFiles(text: string): string[] {
  const words = text
    .slice(0, MOST_TEXT)
    .replace(LINKS, ' ')
    .split(/[^\w@+./-]+/);
  const names = words
    .filter(word => word.length <= LONGEST_NAME)
    .map(word => word.replace(/^(?:\.?\/)+/, '').replace(/[./-]+$/, ''))
    // Neither `e.g` nor `1.5`.
    .filter(name => name.includes('/') || (/\w\.[A-Za-z]\w{0,9}$/.test(name) && name.length > 3));
  return [...new Set(names)].slice(0, MOST_NAMES);
}

/** Those of these files that a name means: by their name, their path or the end of it, or a folder of two parts or more. */
export function meant(names: readonly string[], files: readonly string[]): string[] {
  return files.filter(file =>
    names.some(
      name =>
        file === name || file.endsWith(`/${name}`) || (name.includes('/') && file.startsWith(`${name}/`)),
    ),
  );
}
