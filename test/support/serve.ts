import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { execa } from 'execa';

export const ORCH = join(import.meta.dirname, '..', '..', 'bin', 'orch.js');
const KEY = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
}).privateKey;
/** What `orch serve` needs of its environment. */
export const GOOD = { APP_ID: '1', PRIVATE_KEY: KEY, WEBHOOK_SECRET: 'x'.repeat(40), PORT: '0' };
export const SETTINGS =
  'sandbox: { kind: none, allow_unsandboxed: true }\nagents: { fixer: { command: [./fix.sh] } }\n';

/** `orch serve` in a folder of its own, with nothing of this process' environment but PATH. */
export function serve(home: string, env: Record<string, string>, settings = SETTINGS) {
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'orch.yaml'), settings);
  const all = { PATH: process.env.PATH ?? '', HOME: home, ORCH_HOME: home, ...env };
  return execa(process.execPath, [ORCH, 'serve'], {
    ...{ cwd: home, env: all, extendEnv: false, reject: false },
    // On a busy machine a daemon takes longer to end than execa leaves a program.
    forceKillAfterDelay: 20_000,
  });
}

/** Waits for a line on standard error that the function finds something in. */
export async function line<T>(
  daemon: ReturnType<typeof serve>,
  find: (line: string) => T | null,
): Promise<T> {
  const stream = daemon.stderr as Readable;
  let text = '';
  for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    text += chunk;
    // What comes after the last newline is not whole yet.
    for (const each of text.split('\n').slice(0, -1)) {
      const found = find(each);
      if (found !== null) return found;
    }
  }
  throw new Error(`it ended: ${text}`);
}

/** Where the daemon says that it listens. */
export const address = (text: string) =>
  text.startsWith('{') ? ((JSON.parse(text).url as string | undefined) ?? null) : null;
