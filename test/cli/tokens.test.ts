import { describe, expect, it } from 'vitest';
import { holderOf, readTokens } from '../../src/config/tokens.ts';
import { place } from './place.ts';

describe('orch tokens', () => {
  it('makes, lists and takes back tokens', async () => {
    await using here = await place();
    const file = `${here.path}/.orch/tokens`;
    expect((await here.orch(['tokens'])).stdout).toContain('orch tokens add NAME');
    const { stdout: token } = await here.orch(['tokens', 'add', 'board', '--role', 'operate']);
    expect(holderOf(token, readTokens(file))).toMatchObject({ name: 'board', role: 'operate' });
    expect((await here.orch(['tokens', 'list'])).stdout).toBe('NAME   ROLE\nboard  operate');
    expect(JSON.parse((await here.orch(['tokens', 'list', '--json'])).stdout)).toEqual([
      { name: 'board', role: 'operate' },
    ]);
    expect((await here.orch(['tokens', 'remove', 'board'])).stdout).toBe('The token of board is taken back.');
    expect(await here.orch(['tokens', 'remove', 'board'])).toMatchObject({
      exitCode: 5,
      stderr: expect.stringContaining('E_TOKENS'),
    });
    expect(await here.orch(['tokens', 'add', 'x', '--role', 'root'])).toMatchObject({
      exitCode: 5,
      stdout: '',
    });
  });
});
