import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PAGES, withTables } from '../../script/docs.ts';
import { parseComment } from '../../src/command/comment.ts';
import { parseRepositorySettings } from '../../src/config/repository.ts';
import { loadSettings } from '../../src/config/settings.ts';

const read = (page: string) => readFileSync(page, 'utf8');

/** The code blocks of a page, by the word after the fence. */
function examples(page: string, language: string): string[] {
  return Array.from(read(page).matchAll(/^(`{3,})(\w*)\n(.*?)^\1$/gms), ([, , word, body]) =>
    word === language ? (body ?? '') : '',
  ).filter(body => body !== '');
}

describe('the documentation', () => {
  it.each(PAGES)('%s has the tables that the code gives: node script/docs.ts writes them', page => {
    expect(read(page)).toBe(withTables(read(page)));
  });

  it('refuses a table that there is not', () => {
    expect(() => withTables('<!-- table: no -->\n<!-- end -->')).toThrow('There is no table no');
  });

  it('shows commands that are ones', () => {
    const kinds = examples('docs/commands.md', '').flatMap(body =>
      parseComment(body).map(({ kind }) => kind),
    );
    expect(kinds).toEqual(['run', 'run', 'run', 'say', 'say', 'run', 'run']);
  });

  it('shows settings that are valid', () => {
    const [server = '', repository = ''] = examples('docs/settings.md', 'yaml');
    const { settings, warnings } = loadSettings({ text: server, env: {} });
    expect(settings.profiles).toHaveLength(1);
    expect(warnings).toEqual([]);
    expect(parseRepositorySettings(repository, settings)).toMatchObject({ ok: true });
  });
});
