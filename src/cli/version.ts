// As in bin/orch.js: importing node:fs would load its streams.
const { readFileSync } = process.getBuiltinModule('node:fs');

/** The version in package.json, which stands two folders up from here in sources and build alike. */
export function version(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
