import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { addToken, holderOf, mayAct, readTokens, removeToken } from '../../src/config/tokens.ts';
import { temporaryDirectory } from '../support/temporary.ts';

describe('the tokens file', () => {
  it('holds names, roles and hashes, and never a token', async () => {
    await using folder = await temporaryDirectory();
    const file = join(folder.path, 'deep', 'tokens');
    expect(readTokens(file)).toEqual([]);
    const token = addToken(file, 'board', 'read');
    addToken(file, 'bob@example.org', 'operate');
    expect(token).toMatch(/^orch_[\w-]{43}$/);
    expect(readFileSync(file, 'utf8')).not.toContain(token);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(holderOf(token, readTokens(file))).toMatchObject({ name: 'board', role: 'read' });
    expect(holderOf(`${token}x`, readTokens(file))).toBeNull();
    removeToken(file, 'board');
    expect(holderOf(token, readTokens(file))).toBeNull();
    expect(readTokens(file)).toHaveLength(1);
  });

  it.each([
    ['a line', 'what is this', 'line 1: the role is read, operate, admin'],
    ['a hash', '# mine\n\nbob read sha256:12', 'line 3: the third word is sha256:'],
    ['a name', `../x read sha256:${'0'.repeat(64)}`, 'line 1: the name has'],
    ['a fourth word', `bob read sha256:${'0'.repeat(64)} more`, 'line 1:'],
  ])('is refused with the line when %s is wrong', async (_, text, expected) => {
    await using folder = await temporaryDirectory();
    const file = join(folder.path, 'tokens');
    writeFileSync(file, text, { mode: 0o600 });
    expect(() => readTokens(file)).toThrow(expected);
  });

  it('is refused when others may read it', async () => {
    await using folder = await temporaryDirectory();
    const file = join(folder.path, 'tokens');
    addToken(file, 'bob', 'admin');
    chmodSync(file, 0o640);
    expect(() => readTokens(file)).toThrow(
      expect.objectContaining({ code: 'E_TOKENS', remedy: `Close it: chmod 600 ${file}` }),
    );
  });

  it('takes no name twice, no role that is none, and gives nothing back that is not there', async () => {
    await using folder = await temporaryDirectory();
    const file = join(folder.path, 'tokens');
    addToken(file, 'bob', 'admin');
    expect(() => addToken(file, 'bob', 'read')).toThrow('bob has a token already');
    expect(() => addToken(file, 'eve', 'root')).toThrow('the role is read, operate, admin');
    expect(() => addToken(file, 'e\nve', 'read')).toThrow('the name has');
    expect(() => removeToken(file, 'eve')).toThrow('eve has no token');
    expect(readTokens(file)).toHaveLength(1);
  });
});

describe('a role', () => {
  it('contains the ones before it', () => {
    expect([mayAct('read', 'operate'), mayAct('operate', 'read'), mayAct('admin', 'admin')]).toEqual([
      false,
      true,
      true,
    ]);
  });
});
