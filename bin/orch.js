#!/usr/bin/env node
// Plain JavaScript on purpose: it must parse on any Node, to say which one is needed.
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  console.error(
    `E_NODE_VERSION: Orch needs Node 24 or newer, and this is ${process.version}. Install it from https://nodejs.org, or in a checkout run script/bootstrap.`,
  );
  process.exit(5);
}

// An import of a built-in module loads all that it exports, lazy parts too, and `orch status` has no time for that.
const { existsSync } = process.getBuiltinModule('node:fs');
const { homedir } = process.getBuiltinModule('node:os');
// What lies there is run: the place by default, a folder of /tmp, anybody on this machine could have made before us.
const cache = `${process.env.XDG_CACHE_HOME || `${homedir()}/.cache`}/orch/node`;
process.getBuiltinModule('node:module').enableCompileCache(cache);

// A checkout runs its sources; the published package holds only dist/.
const source = new URL('../src/main.ts', import.meta.url);
await import(existsSync(source) ? source.href : new URL('../dist/main.js', import.meta.url).href);
