/** Control characters other than newline and tab, C1 controls included. Terminal sequences start with one of them. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** What is left of a text for prompts, comments and terminals: CRLF becomes LF, control characters go. */
export function stripControl(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(CONTROL, '');
}

/** As stripControl, with something in the place of each, so that what they kept apart is not joined. */
export function replaceControl(text: string, by: string): string {
  return text.replace(/\r\n?/g, '\n').replace(CONTROL, by);
}

/** At most `limit` UTF-16 units, cut between code points, with an ellipsis when something was cut. */
export function shorten(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const cut = text.slice(0, limit - 1);
  return `${/[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut}…`;
}

/** The last `limit` bytes (UTF-8) at most, from the start of a character. */
export function lastBytes(text: string, limit: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= limit) return text;
  let start = bytes.length - limit;
  // UTF-8 continuation bytes are 10xxxxxx: never begin within a character.
  while (((bytes[start] ?? 0) & 0xc0) === 0x80) start++;
  return bytes.toString('utf8', start);
}

const QUOTES: Record<string, string> = { '"': '"', "'": "'", '“': '”', '‘': '’', '„': '“', '«': '»' };

/** Takes one pair of quotes off, if it spans the whole text and no such quote stands within. */
export function unquote(text: string): string {
  const open = text[0] ?? '';
  const close = QUOTES[open];
  const inner = text.slice(1, -1);
  const spans = close !== undefined && text.length > 1 && text.endsWith(close);
  return spans && !inner.includes(open) && !inner.includes(close) ? inner.trim() : text;
}

/** Quotes one word for a POSIX shell. */
export function shellQuote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

// ECMA-48: OSC ends with BEL or ST; DCS, SOS, PM and APC with ST; CSI with one final letter; the rest is short.
const SEQUENCE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: terminal sequences begin with one
  /\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[PX^_][^\x1b]*\x1b\\|\x1b\[[0-?]*[ -/]*[@-~]|\x1b[ -/]*[0-~]/g;

/**
 * The lines of a terminal's output as a person reads them: without colours and other sequences, and of a line that was
 * overwritten (progress bars) only what was shown last.
 */
export function readableLines(output: string): string[] {
  return output
    .replace(SEQUENCE, '')
    .split('\n')
    .map(line => stripControl(shownLast(line)).trimEnd());
}

function shownLast(line: string): string {
  return line.replace(/\r+$/, '').split('\r').at(-1) ?? '';
}
