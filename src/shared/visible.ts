import MarkdownIt from 'markdown-it';
import footnotes from 'markdown-it-footnote';
import { openHtml } from './html.ts';
import { stripInvisible } from './invisible.ts';
import { shorten } from './text.ts';

// Signs of emphasis stay as they were written.
const markdown = new MarkdownIt({ html: true })
  .use(footnotes)
  .disable(['emphasis', 'strikethrough', 'footnote_inline']);

type Token = ReturnType<typeof markdown.parse>[number];

/** GitHub's own addresses are shorter; long ones carry words that nobody reads. */
const LONGEST_ADDRESS = 300;

/**
 * What a person sees of Markdown on GitHub, as plain Markdown: made anew from what is shown, so that whatever else there
 * was is gone. HTML and its comments, alternative texts of images, titles of links, definitions, unused footnotes and
 * invisible characters leave nothing. Formulas and diagrams stay as their source.
 */
export function visibleMarkdown(source: string): string {
  const tokens = markdown.parse(stripInvisible(source), {});
  return stripInvisible(renderBlocks(tokens, source)).trim();
}

/** A block that holds blocks: its first line and the others begin so. */
interface Frame {
  first: string;
  rest: string;
  between: string;
  blocks: string[];
}

function renderBlocks(tokens: readonly Token[], source: string): string {
  // One reader for all: an element may begin in one block and end in another.
  const html = openHtml(source);
  const document = frame('', '', '\n\n');
  const frames = [document];
  const add = (block: string) => void frames.at(-1)?.blocks.push(block);
  const addRead = (text: string, dress: (seen: string) => string = seen => seen) => {
    const seen = html.read(text);
    if (seen.trim() !== '') add(dress(seen));
  };
  let heading = '';
  for (const token of tokens) {
    const opened = openFrame(token);
    if (opened) frames.push(opened);
    else if (isFrame(token)) add(close(frames.pop() as Frame));
    else if (token.type === 'heading_open') heading = `${'#'.repeat(Number(token.tag.slice(1)))} `;
    else if (token.type === 'heading_close') heading = '';
    else if (token.type === 'inline') {
      const before = heading;
      addRead(renderInline(token.children ?? [], html), seen => before + seen.trim());
    } else if (token.type === 'fence') {
      const language = /^[\w+#.-]{1,20}(?=\s|$)/.exec(token.info)?.[0] ?? '';
      addRead(
        html.escape(token.content),
        seen => `${token.markup}${language}\n${seen.trimEnd()}\n${token.markup}`,
      );
    } else if (token.type === 'code_block') {
      addRead(html.escape(token.content), seen => seen.trimEnd().replace(/^/gm, '    '));
    } else if (token.type === 'html_block') addRead(html.shown(token.content), seen => seen.trim());
    else if (token.type === 'hr') add('---');
  }
  return close(document);
}

function frame(first: string, rest = first, between = '\n\n'): Frame {
  return { first, rest, between, blocks: [] };
}

const FRAME = /^(blockquote|bullet_list|ordered_list|list_item|footnote|table|tr)_(open|close)$/;

function isFrame({ type }: Token): boolean {
  return FRAME.test(type);
}

function openFrame(token: Token): Frame | null {
  switch (token.type) {
    case 'blockquote_open':
      return frame('> ');
    case 'bullet_list_open':
    case 'ordered_list_open':
    case 'table_open':
      return frame('', '', '\n');
    case 'list_item_open':
      return hanging(`${token.info}${token.markup} `);
    case 'footnote_open':
      return hanging(`[^${numberOf(token)}]: `);
    case 'tr_open':
      return frame('| ', '', ' | ');
    default:
      return null;
  }
}

function hanging(mark: string): Frame {
  return frame(mark, ' '.repeat(mark.length));
}

function close({ first, rest, between, blocks }: Frame): string {
  const text = blocks.filter(block => block !== '').join(between);
  const [line, ...lines] = text.split('\n');
  return text === '' ? '' : [first + line, ...lines.map(line => (rest + line).trimEnd())].join('\n');
}

function renderInline(tokens: readonly Token[], html: ReturnType<typeof openHtml>): string {
  const links: string[] = [];
  const render = (token: Token): string => {
    switch (token.type) {
      case 'html_inline':
        return html.shown(token.content);
      case 'softbreak':
      case 'hardbreak':
        return '\n';
      case 'code_inline':
        return html.escape(inCode(token));
      case 'link_open':
        links.push(token.info === 'auto' ? '>' : `](${address(token.attrGet('href'))})`);
        return html.escape(token.info === 'auto' ? '<' : '[');
      case 'link_close':
        return html.escape(links.pop() ?? '');
      case 'image':
        return html.escape(`![](${address(token.attrGet('src'))})`);
      case 'footnote_ref':
        return `[^${numberOf(token)}]`;
      case 'footnote_anchor':
        return '';
      default:
        return html.escape(token.content);
    }
  };
  return tokens.map(render).join('');
}

function inCode({ markup, content }: Token): string {
  const space = /^`|`$/.test(content) ? ' ' : '';
  return markup + space + content + space + markup;
}

function address(url: string | number | null): string {
  return shorten(`${url ?? ''}`, LONGEST_ADDRESS);
}

/** As GitHub counts footnotes: the name that its author gave is not shown. */
function numberOf({ meta }: Token): number {
  return Number(meta?.id) + 1;
}
