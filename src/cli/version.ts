import { PACKAGE_FILE } from '../shared/own-programs.ts';

// As in bin/orch.js: importing node:fs would load its streams.
const { readFileSync } = process.getBuiltinModule('node:fs');

/** The version in package.json. */
export function version(): string {
  return (JSON.parse(readFileSync(PACKAGE_FILE, 'utf8')) as { version: string }).version;
}
