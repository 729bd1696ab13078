import { stripInvisible } from './invisible.ts';

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

/** A code block that its content can't close. */
export function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(match => match[0].length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}text\n${text}\n${fence}`;
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
      // GitHub looks for mentions after Markdown has undone all escapes; an invisible character keeps them apart.
      .replaceAll('@', '@&#8203;')
  );
}

/** What would begin a list, a quotation or a rule. */
function escapeStart(line: string): string {
  return line.replace(/^[-+=>]/, '\\$&').replace(/^(\d{1,9})([.)])/, '$1\\$2');
}
