import { describe, expect, it } from 'vitest';
import { readReadme, topEntries } from '../../src/workspace/tree.ts';
import { bench } from '../support/workspace.ts';

describe('a commit', () => {
  it('shows what stands at its top, and its README', async () => {
    await using made = await bench({ 'Readme.MD': '# Ä\n\nHello\n', 'src/a.ts': 'a', 'a\tb\nc': 'x' });
    expect((await topEntries(made.store, made.sha)).sort()).toEqual(['Readme.MD', 'a\tb\nc', 'src/']);
    expect(await readReadme(made.store, made.sha)).toBe('# Ä\n\nHello');
  });

  it('has no README where that is too large, or none', async () => {
    await using made = await bench({ 'README.md': 'x'.repeat(256 * 1024 + 1) });
    const without = await made.server.commit('other', { 'a.md': 'a' });
    expect(await readReadme(made.store, made.sha)).toBeNull();
    expect(without).toMatch(/^[0-9a-f]{40}$/);
  });
});
