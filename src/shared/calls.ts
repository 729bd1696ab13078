import MarkdownIt from 'markdown-it';
import { replaceControl } from './text.ts';

/**
 * The texts that follow each `/orch` of a comment, up to the next one or the end, as they were written but without HTML
 * comments. It calls only at the start of a line of ordinary Markdown text: not in code, block quotes, HTML or HTML
 * comments.
 */
export function textsAfterCalls(body: string): string[] {
  // Taken out before, a control character between two code marks and a third would let them close a fence.
  const source = replaceControl(body.replace(/^\ufeff/, ''), UNREADABLE);
  if (source.search(CANDIDATE) === -1) return [];
  return splitAt(source, findMarks(source)).map(text => text.replaceAll(UNREADABLE, ''));
}

/** A noncharacter of Unicode: nobody's text has it. */
const UNREADABLE = '\ufdd0';

// Only LF ends a line: the `m` flag would take U+2028 for an end too.
const CANDIDATE = /(?<=^|\n) {0,3}\/orch(?=\s|$)/;
const COMMENT_START = /<!--(?!-?>)/;
const EITHER = new RegExp(`${CANDIDATE.source}|${COMMENT_START.source}`, 'g');

/** No control character is left in the source, so this one can't be anybody's text. */
const MARK = '\u0001';
const MARKED_OFFSET = new RegExp(`${MARK}(\\d+)${MARK}`, 'g');

const markdown = new MarkdownIt('commonmark').disable(['emphasis', 'entity', 'autolink']);

/**
 * Where commands and HTML comments begin: the offsets after `/orch` and after `<!--`. Every candidate is marked with
 * its offset, and Markdown tells in what kind of text the mark ends up. (Parsers that give positions themselves
 * take minutes for hostile comments of GitHub's maximal size; this one stays linear.)
 */
function findMarks(source: string): number[] {
  const marked = source.replace(EITHER, (match, offset: number) => {
    return `${match}${MARK}${offset + match.length}${MARK}`;
  });
  let quotes = 0;
  return markdown.parse(marked, {}).flatMap(block => {
    if (block.type === 'blockquote_open') quotes++;
    if (block.type === 'blockquote_close') quotes--;
    return (block.children ?? [block]).flatMap(token => {
      const offsets = Array.from(token.content.matchAll(MARKED_OFFSET), match => Number(match[1]));
      if (token.type.startsWith('html')) return offsets.filter(at => isComment(source, at));
      return token.type === 'text' && quotes === 0 ? offsets.filter(at => !isComment(source, at)) : [];
    });
  });
}

function isComment(source: string, at: number): boolean {
  return source[at - 1] === '-';
}

/** The texts after each `/orch`. An HTML comment that isn't closed hides all the rest, as in a browser. */
function splitAt(source: string, marks: number[]): string[] {
  let kept = '';
  let done = 0;
  for (const at of marks) {
    if (at < done) continue;
    const comment = isComment(source, at);
    kept += source.slice(done, at - (comment ? '<!--' : '/orch').length) + (comment ? '' : MARK);
    const close = comment ? source.indexOf('-->', at) : -1;
    done = comment ? (close === -1 ? source.length : close + '-->'.length) : at;
  }
  return (kept + source.slice(done)).split(MARK).slice(1);
}
