import MarkdownIt from 'markdown-it';
import footnotes from 'markdown-it-footnote';
import { stripInvisible } from './invisible.ts';
import { shorten } from './text.ts';

/**
 * Others' words within ours, on one line: they show as they were written, and nothing in them formats, links, mentions
 * or hides. What stands in back-quotes stays code. (GitHub links a bare URL whatever is done; it shows where it goes.)
 */
export function plain(text: string): string {
  const parts = oneLine(text).split(/(`+)/);
  let out = '';
  for (let at = 0; at < parts.length; at++) {
    const part = parts[at] ?? '';
    const close = part.startsWith('`') ? parts.indexOf(part, at + 1) : -1;
    out += close === -1 ? escapeInline(part) : parts.slice(at, close + 1).join('');
    at = Math.max(at, close);
  }
  return escapeStart(out);
}

/** As `plain`, for a cell of a table, where a pipe would end code as well: back-quotes are shown. */
export function plainCell(text: string): string {
  return escapeInline(oneLine(text));
}

/** Others' name for something, in code that it can't get out of; so many characters of it at most. */
export function inCode(name: string, most = Infinity): string {
  return `\`${shorten(oneLine(name), most).replaceAll('`', "'")}\``;
}

/** A code block that its content can't close. */
export function fenced(content: string): string {
  const text = stripInvisible(content);
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(match => match[0].length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}text\n${text}\n${fence}`;
}

/**
 * What GitHub finds people and issues by, but for addresses, which it links as a whole; what it closes issues by; and what
 * Orch is called by.
 */
const CALLS = new RegExp(
  [
    String.raw`(?<!https?:\/\/[\w.-]{1,100}\.\w{1,20}[/?#]\S{0,200})(?:@(?=[A-Za-z0-9])|#(?=\d)|\bGH-(?=\d))`,
    String.raw`\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)(?=:?\s+https?:)`,
    String.raw`(?<=^|\n) {0,3}\/orch(?=\s|$)`,
  ].join('|'),
  'gi',
);

/** An invisible character, kept apart from what is invisible in others' words. */
const APART = '&#8203;';
const MARK = '\u0001';
const MARKED_OFFSET = new RegExp(`${MARK}(\\d+)${MARK}`, 'g');
// What is indented under a footnote is no code.
const markdown = new MarkdownIt({ html: true }).use(footnotes).disable('footnote_inline');

const CODE: ReadonlySet<string> = new Set(['code_inline', 'code_block', 'fence']);

/**
 * Others' Markdown as it is, but it calls nobody: mentions, references, closing words and commands outside of code lead
 * nowhere.
 */
export function quiet(text: string): string {
  const source = stripInvisible(text);
  // Each is marked with its offset, and Markdown tells in what kind of text the mark ends up.
  const marked = source.replace(CALLS, (call, offset: number) => {
    const after = offset + call.length;
    return `${call}${MARK}${after}${MARK}`;
  });
  const offsets = (text: string) => Array.from(text.matchAll(MARKED_OFFSET), ([, at]) => Number(at));
  const code = markdown
    .parse(marked, {})
    .flatMap(block => block.children ?? [block])
    .filter(({ type }) => CODE.has(type));
  const dead = new Set(code.flatMap(({ content }) => offsets(content)));
  // Where Markdown is read differently on GitHub, a mark too many does no harm.
  const cuts = [0, ...offsets(marked).filter(at => !dead.has(at))];
  return cuts.map((at, index) => source.slice(at, cuts[index + 1])).join(APART);
}

/** Whether a line of the text stands as a paragraph of its own, so that nothing before it has swallowed it. */
export function isParagraph(text: string, line: string): boolean {
  return markdown
    .parse(text, {})
    .some(({ type, level, content }) => type === 'inline' && level === 1 && content === line);
}

function oneLine(text: string): string {
  return stripInvisible(text)
    .replace(/[\n\t]+/g, ' ')
    .trim();
}

function escapeInline(text: string): string {
  return (
    text
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replace(/[\\`*[\]~|#]/g, '\\$&')
      // Within a word it formats nothing, and names such as E_FORK stay readable in the source.
      .replace(/(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, '\\_')
      // GitHub looks for people and issues after Markdown has undone all escapes; an invisible character keeps them apart.
      .replace(/@|#(?=\d)|\bGH-(?=\d)/gi, `$&${APART}`)
  );
}

/** What would begin a list, a quotation, a rule or a command. */
function escapeStart(line: string): string {
  return line.replace(/^(?:[-+=>]|\/(?=orch(?:\s|$)))/, '\\$&').replace(/^(\d{1,9})([.)])/, '$1\\$2');
}
