import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import { execa } from 'execa';
import MarkdownIt from 'markdown-it';
import { describe, expect, it } from 'vitest';
import { loadSettings } from '../src/config/settings.ts';
import { filesUnder, ROOT, type SourceFile, textOf } from './structure/source.ts';

const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'action/README.md']
  .map(path => ({ path, text: textOf(path) }))
  .concat(filesUnder('docs').filter(({ path }) => path.endsWith('.md')));

describe('the pages', () => {
  it('link to files and headings that are there', () => {
    expect(pages.flatMap(brokenLinks)).toEqual([]);
  });

  it('name files that are there', () => {
    expect(pages.flatMap(missingFiles)).toEqual([]);
  });

  it('name commands that orch has, at home or in a worktree', async () => {
    const known = [
      ...(await subcommands('bin/orch.js', '--help')),
      ...(await subcommands('src/cli/worktree/main.ts', 'orch', '--help')),
    ];
    expect(known).toContain('serve');
    expect(known).toContain('done');
    expect(pages.flatMap(page => unknownCommands(page, known))).toEqual([]);
  });

  it.each(pages.flatMap(settingsIn))('show settings that orch serve takes: %s', (_, text) => {
    const { settings, warnings } = loadSettings({ text, env: {} });
    expect(warnings).toEqual([]);
    expect(settings.sandbox).toMatchObject({ kind: 'auto', allowUnsandboxed: false });
    expect(settings.profiles).not.toEqual([]);
  });
});

describe('the check of pages', () => {
  const page = (text: string) => ({ path: 'docs/page.md', text });

  it('finds links to files and headings that are not there', () => {
    const text =
      '# A `b`, c\n[1](#a-b-c) [2](#a) [3](README.md) [4](no.md) [5](../README.md#no) [6](https://no.example)\n\n[7]: no.md';
    expect(brokenLinks(page(`${text}\n\n[7] ![8](no.png)`))).toEqual(
      ['#a', 'no.md', '../README.md#no', 'no.md', 'no.png'].map(link => `docs/page.md: ${link}`),
    );
  });

  it('finds files that are not there', () => {
    expect(missingFiles(page('`src/main.ts` `src/` `script/demo --once` `src/no.ts` `no.ts`'))).toEqual([
      'docs/page.md: src/no.ts',
    ]);
  });

  it('finds commands that are not there', () => {
    const text = '`orch serve` `orch nothing T42` `/orch fix it`\n\n```sh\norch never  # orch\n```';
    expect(unknownCommands(page(text), ['serve'])).toEqual([
      'docs/page.md: orch nothing',
      'docs/page.md: orch never',
    ]);
  });
});

const markdown = new MarkdownIt();
type Token = ReturnType<typeof markdown.parse>[number];

/** All tokens of a page, those within paragraphs and headings included. */
function tokensOf(text: string): Token[] {
  return markdown.parse(text, {}).flatMap(token => [token, ...(token.children ?? [])]);
}

function brokenLinks({ path, text }: SourceFile): string[] {
  const links = tokensOf(text)
    .flatMap(token => token.attrGet('href') ?? token.attrGet('src') ?? [])
    .map(String);
  return links
    .filter(link => {
      const [file = '', anchor] = link.split('#');
      if (/^\w+:/.test(link)) return false;
      const target = file === '' ? path : posix.join(posix.dirname(path), file);
      if (target !== path && !existsSync(ROOT + target)) return true;
      return anchor !== undefined && !anchorsOf(target === path ? text : textOf(target)).includes(anchor);
    })
    .map(link => `${path}: ${link}`);
}

/** The anchors that GitHub gives to headings. */
function anchorsOf(text: string): string[] {
  const tokens = markdown.parse(text, {});
  return tokens.flatMap((token, at) => {
    if (token.type !== 'heading_open') return [];
    const words = (tokens[at + 1]?.children ?? []).map(({ content }) => content).join('');
    return words
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-');
  });
}

function missingFiles({ path, text }: SourceFile): string[] {
  return codeOf(text)
    .flatMap(code => /^(?:bin|docs|script|src|test)\/[\w./-]*/.exec(code)?.[0] ?? [])
    .filter(file => !existsSync(ROOT + file))
    .map(file => `${path}: ${file}`);
}

function unknownCommands({ path, text }: SourceFile, known: readonly string[]): string[] {
  return codeOf(text)
    .flatMap(code => /^orch ([a-z]+)/.exec(code)?.[1] ?? [])
    .filter(command => !known.includes(command))
    .map(command => `${path}: orch ${command}`);
}

/** Code in running text, and the lines of shell blocks. */
function codeOf(text: string): string[] {
  return tokensOf(text).flatMap(({ type, info, content }) => {
    if (type === 'fence' && info === 'sh') return content.split('\n');
    return type === 'code_inline' ? [content] : [];
  });
}

function settingsIn({ path, text }: SourceFile): [path: string, settings: string][] {
  return tokensOf(text)
    .filter(({ info, content }) => info === 'yaml' && /^agents:$/m.test(content))
    .map(({ content }) => [path, content]);
}

/** The first words of the indented lines of a help text, with or without `orch` before them. */
async function subcommands(...command: string[]): Promise<string[]> {
  const { stdout } = await execa(process.execPath, command, { cwd: ROOT });
  return Array.from(stdout.matchAll(/^(?:Usage:)? +(?:orch )?([a-z]+) /gm), match => match[1] ?? '');
}
