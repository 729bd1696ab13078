import { createHash, randomBytes } from 'node:crypto';
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { OrchError } from '../shared/errors.ts';

/** What a token may do, weakest first; a role contains the ones before it. */
const API_ROLES = ['read', 'operate', 'admin'] as const;
export type ApiRole = (typeof API_ROLES)[number];

/** Who holds a token. The token itself is nowhere: the file has its SHA-256. */
export interface Holder {
  name: string;
  role: ApiRole;
  hash: string;
}

const holder = z.tuple([
  z.string().regex(/^[A-Za-z0-9][\w.@-]{0,63}$/, 'the name has letters, digits and . _ @ - only'),
  z.enum(API_ROLES, `the role is ${API_ROLES.join(', ')}`),
  z.string().regex(/^sha256:[0-9a-f]{64}$/, 'the third word is sha256: and 64 hexadecimal digits'),
]);

/**
 * Reads the tokens file: a line each, `NAME ROLE sha256:HEX`; `#` begins a comment. No file means no tokens.
 * Errors: E_TOKENS, with the line; also when others than its owner may read or write it.
 */
export function readTokens(file: string): Holder[] {
  const lines = (tryReadPrivate(file) ?? '').split('\n');
  return lines.flatMap((line, index) => {
    const words = line.replace(/#.*/, '').split(/\s+/).filter(Boolean);
    if (words.length === 0) return [];
    const parsed = holder.safeParse(words);
    if (!parsed.success) {
      const why = parsed.error.issues[0]?.message;
      throw new OrchError('E_TOKENS', `${file}, line ${index + 1}: ${why}`);
    }
    const [name, role, hash] = parsed.data;
    return [{ name, role, hash }];
  });
}

/** The holder of a token, or null. */
export function holderOf(token: string, holders: readonly Holder[]): Holder | null {
  const hash = hashOf(token);
  return holders.find(each => each.hash === hash) ?? null;
}

export function mayAct(role: ApiRole, least: ApiRole): boolean {
  return API_ROLES.indexOf(role) >= API_ROLES.indexOf(least);
}

/** Adds a holder and returns the new token, which is shown this once. Errors: E_TOKENS (the name is taken or none). */
export function addToken(file: string, name: string, role: string): string {
  const holders = readTokens(file);
  if (holders.some(each => each.name === name))
    throw new OrchError('E_TOKENS', `${name} has a token already`);
  const token = `orch_${randomBytes(32).toString('base64url')}`;
  const parsed = holder.safeParse([name, role, hashOf(token)]);
  if (!parsed.success)
    throw new OrchError('E_TOKENS', `No token was made: ${parsed.error.issues[0]?.message}`);
  const [, checked, hash] = parsed.data;
  writeTokens(file, [...holders, { name, role: checked, hash }]);
  return token;
}

/** Takes a holder's token back. Errors: E_TOKENS when there is none of that name. */
export function removeToken(file: string, name: string): void {
  const holders = readTokens(file);
  const others = holders.filter(each => each.name !== name);
  if (others.length === holders.length) throw new OrchError('E_TOKENS', `${name} has no token`);
  writeTokens(file, others);
}

function hashOf(token: string): string {
  return `sha256:${createHash('sha256').update(token).digest('hex')}`;
}

function writeTokens(file: string, holders: readonly Holder[]): void {
  const text = holders.map(({ name, role, hash }) => `${name} ${role} ${hash}\n`).join('');
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(`${file}.new`, text, { mode: 0o600, flush: true });
  renameSync(`${file}.new`, file);
}

function tryReadPrivate(file: string): string | null {
  let handle: number;
  try {
    handle = openSync(file, 'r');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new OrchError('E_TOKENS', `${file} can't be read: ${(cause as Error).message}`, { cause });
  }
  try {
    if ((fstatSync(handle).mode & 0o077) !== 0) {
      throw new OrchError('E_TOKENS', `${file} is open to others than its owner`, {
        remedy: `Close it: chmod 600 ${file}`,
      });
    }
    return readFileSync(handle, 'utf8');
  } finally {
    closeSync(handle);
  }
}
