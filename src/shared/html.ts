import { Parser } from 'htmlparser2';

/** GitHub shows these tags as text (https://github.github.com/gfm/#disallowed-raw-html-extension-); browsers hide what is in them. */
const RAW = ['title', 'textarea', 'style', 'xmp', 'iframe', 'noembed', 'noframes', 'script', 'plaintext'];
const RAW_TAG = new RegExp(`<(?=/?(${RAW.join('|')})(?![\\w-]))`, 'gi');
const HIDING = new Set([...RAW, 'template']);
const HIDING_STYLE = /display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0|font-size\s*:\s*0/i;
const BLOCK = /^(p|div|li|tr|h[1-6]|summary|details|blockquote|pre|hr|table)$/;

/**
 * Reads HTML piece by piece and gives what a person sees of each. Of an element that may hide its text nothing is given;
 * one that is not closed hides all that follows, as in a browser.
 */
export function openHtml(source: string) {
  const closed = new Set(Array.from(source.matchAll(/<\/([a-z]+)/gi), ([, name = '']) => name.toLowerCase()));
  let text = '';
  let hidden = 0;
  const parser = new Parser({
    onopentag(name, attributes) {
      if (hidden > 0 || hides(name, attributes)) hidden += 1;
      else if (name === 'img') text += '![]()';
      else if (name === 'br' || BLOCK.test(name)) text += '\n';
    },
    ontext(more) {
      if (hidden === 0) text += more;
    },
    onclosetag(name) {
      if (hidden > 0) hidden -= 1;
      else if (BLOCK.test(name)) text += '\n';
    },
  });

  return {
    /** What is seen of the next piece. */
    read(html: string): string {
      text = '';
      parser.write(html);
      return text;
    },
    /** HTML as GitHub takes it: a tag that it shows as text stays text, unless an end tag makes it look like an element. */
    shown: (html: string) =>
      html.replace(RAW_TAG, (start, name: string) => (closed.has(name.toLowerCase()) ? start : '&lt;')),
    /** Text as HTML. */
    escape: (plain: string) => plain.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
  };
}

function hides(name: string, { hidden, style = '' }: Record<string, string>): boolean {
  return HIDING.has(name) || hidden !== undefined || HIDING_STYLE.test(style);
}
