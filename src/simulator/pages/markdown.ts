import MarkdownIt from 'markdown-it';
import sanitize from 'sanitize-html';
import { type Html, trusted } from './html.ts';

/** GitHub's allow-list as far as comments need it; pictures would have to come from elsewhere and are left out. */
const ALLOWED: sanitize.IOptions = {
  allowedTags: [
    ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'p', 'br', 'hr', 'blockquote', 'pre', 'ul', 'ol', 'li'],
    ...['a', 'b', 'strong', 'i', 'em', 's', 'del', 'ins', 'code', 'kbd', 'sub', 'sup', 'span'],
    ...['table', 'thead', 'tbody', 'tr', 'th', 'td', 'details', 'summary'],
  ],
  allowedAttributes: {
    a: ['href', 'title', 'rel'],
    ol: ['start'],
    details: ['open'],
    span: [{ name: 'class', values: ['tick'] }, { name: 'role', values: ['img'] }, 'aria-label'],
  },
  allowedSchemes: ['http', 'https', 'mailto'],
  allowProtocolRelative: false,
  transformTags: { a: sanitize.simpleTransform('a', { rel: 'nofollow noreferrer' }) },
};

/** A comment as GitHub shows it: tables, task lists, `#4` as a link to the issue, and HTML from an allow-list only. */
export function markdown(text: string, repositoryPath: string): Html {
  const parser = new MarkdownIt({ html: true, linkify: true });
  parser.linkify.set({ fuzzyLink: false, fuzzyEmail: false });
  parser.linkify.add('#', {
    validate: (line, start) => /^\d+\b/.exec(line.slice(start))?.[0].length ?? 0,
    normalize: match => {
      match.url = `${repositoryPath}/issues/${match.raw.slice(1)}`;
    },
  });
  parser.core.ruler.push('ticks', ({ tokens }) => {
    for (const [at, { type, children }] of tokens.entries()) {
      const text = children?.[0];
      if (type === 'inline' && tokens[at - 2]?.type === 'list_item_open' && text) tick(text);
    }
  });
  return trusted(sanitize(parser.render(text), ALLOWED));
}

type Token = ReturnType<InstanceType<typeof MarkdownIt>['parse']>[number];

/** Makes the `[x] ` at the beginning of a list item a sign with a name. */
function tick(text: Token): void {
  const found = text.type === 'text' ? /^\[([ x])\] (.*)$/is.exec(text.content) : null;
  if (!found) return;
  const [sign, name] = found[1] === ' ' ? ['☐', 'to do'] : ['☑', 'done'];
  const rest = new MarkdownIt().utils.escapeHtml(found[2] ?? '');
  text.type = 'html_inline';
  text.content = `<span class="tick" role="img" aria-label="${name}">${sign}</span> ${rest}`;
}
