import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { describe, expect, it } from 'vitest';
import { ERRORS } from '../../src/shared/errors.ts';
import { filesUnder, ROOT, type SourceFile, textOf } from './source.ts';

const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'action/README.md']
  .filter(path => existsSync(ROOT + path))
  .map(path => ({ path, text: textOf(path) }))
  .concat(filesUnder('docs').filter(({ path }) => path.endsWith('.md')));

describe('docs/errors.md', () => {
  it('lists each error code with its remedy, in the order of src/shared/errors.ts', () => {
    const entries = [...textOf('docs/errors.md').matchAll(/^## (E_\w+)\n\n.+\n\nTo do: (.+)$/gm)];
    expect(entries.map(([, code, remedy]) => `${code}: ${remedy}`)).toEqual(
      Object.entries(ERRORS).map(([code, remedy]) => `${code}: ${remedy}`),
    );
  });

  it('lists only what something in the program says', () => {
    const program = [...filesUnder('src'), ...filesUnder('bin')]
      .filter(({ path }) => path !== 'src/shared/errors.ts')
      .map(({ text }) => text)
      .join('\n');
    const unused = Object.keys(ERRORS).filter(code => !new RegExp(`['"\`]${code}\\b`).test(program));
    expect(unused).toEqual([]);
  });
});

describe('the pages', () => {
  it('link only to files that are there', () => {
    expect(pages.length).toBeGreaterThan(0);
    expect(pages.flatMap(page => brokenLinks(page))).toEqual([]);
  });

  it('are checked for links that lead nowhere', () => {
    const text =
      '[a](../LICENSE) [b](gone.md#part) [c](https://example.org) [d](#here) ![e](no.png)\n\n[f]: no.md';
    expect(brokenLinks({ path: 'docs/page.md', text })).toEqual([
      'docs/page.md: gone.md#part',
      'docs/page.md: no.png',
      'docs/page.md: no.md',
    ]);
  });
});

interface MarkdownNode {
  readonly url?: string;
  readonly children?: readonly MarkdownNode[];
}

function brokenLinks({ path, text }: SourceFile): string[] {
  return urlsIn(fromMarkdown(text) as MarkdownNode)
    .filter(url => !/^(\w+:|#)/.test(url))
    .filter(url => !existsSync(posix.join(ROOT, posix.dirname(path), url.replace(/#.*$/, ''))))
    .map(url => `${path}: ${url}`);
}

function urlsIn(node: MarkdownNode): string[] {
  const own = node.url === undefined ? [] : [node.url];
  return [...own, ...(node.children ?? []).flatMap(urlsIn)];
}
