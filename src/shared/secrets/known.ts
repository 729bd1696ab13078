/** A stretch of text, by UTF-16 units: `end` is the first that is not in it. */
export interface Stretch {
  start: number;
  end: number;
  /** What it is, for people: `a GitHub token`. Never the secret itself. */
  what: string;
}

/** Exact values, found again in any form of `formsOf` and in parts, also when they are broken over lines. */
export interface KnownValues {
  add(value: string, what: string): void;
  find(text: string): Stretch[];
}

/** Shorter values are words that texts have anyway. */
const SHORTEST_VALUE = 12;
/** A part of a value counts from this length on: the half of a GitHub token has 20. */
const SHORTEST_PART = 16;
const WINDOW = 8;
/** Every eighth window of a form is indexed, so that each part of 15 has one in it. */
const STEP = 8;
/** Tokens live for an hour; of those that Orch mints, so many of the newest are known. */
const MOST_VALUES = 1000;

/**
 * An index of windows, by which a text is searched for all values in one pass: its time depends on the text's length
 * and not on the number of values. White space counts for nothing, nor do line ends written as `\n`.
 */
export function openKnownValues(): KnownValues {
  const values = new Map<string, string>();
  let index = emptyIndex();
  return {
    add(value, what) {
      if (value.length < SHORTEST_VALUE || values.has(value)) return;
      values.set(value, what);
      if (values.size <= MOST_VALUES) return insert(index, value, what);
      // What was known first stays: those are the keys of Orch itself.
      for (const key of [...values.keys()].slice(MOST_VALUES / 4, MOST_VALUES / 2)) values.delete(key);
      index = emptyIndex();
      for (const [each, its] of values) insert(index, each, its);
    },
    find: text => (values.size === 0 ? [] : search(index, text)),
  };
}

/** All in which a value may turn up: as it is, escaped for JSON and URLs, in hex and in base64. */
export function formsOf(value: string): string[] {
  const texts = value.includes('PRIVATE KEY-----') ? keyTexts(value) : [value];
  const forms = texts.flatMap(text => {
    const url = encodeURIComponent(text);
    const lower = url.replace(/%../g, escaped => escaped.toLowerCase());
    return [text, JSON.stringify(text).slice(1, -1), url, lower, ...formsOfBytes(Buffer.from(text))];
  });
  if (texts.length > 1) forms.push(...formsOfBytes(Buffer.from(texts[1] as string, 'base64')));
  return [...new Set(forms.map(form => form.replace(BLANK, '')))];
}

// Without the armour and the first line, which many keys have in common: with line ends, and without.
function keyTexts(pem: string): string[] {
  const body = pem
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('-----'))
    .slice(1);
  return [body.join('\n'), body.join('')];
}

function formsOfBytes(bytes: Buffer): string[] {
  const hex = bytes.toString('hex');
  // What precedes the value shifts its base64 by 0, 1 or 2 bytes; characters that have bits of neighbours are left out.
  const base64 = [0, 1, 2].map(shift => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const isCut = (shift + bytes.length) % 3 !== 0;
    return text.slice(shift === 0 ? 0 : shift + 1, isCut ? -1 : undefined);
  });
  const url = base64.map(text => text.replaceAll('+', '-').replaceAll('/', '_'));
  return [hex, hex.toUpperCase(), ...base64, ...url];
}

const BLANK = /\s|\\[nrt]/g;

interface Place {
  form: string;
  at: number;
  what: string;
}

interface Index {
  places: Map<number, Place[]>;
  /** Which hashes there may be, by 16 of their bits: most windows of a text are done with after this. */
  filter: Uint8Array;
}

function emptyIndex(): Index {
  return { places: new Map(), filter: new Uint8Array(1 << 16) };
}

function insert({ places, filter }: Index, value: string, what: string): void {
  for (const form of formsOf(value)) {
    for (let at = 0; at + WINDOW <= form.length; at += STEP) {
      let hash = 0;
      for (let i = at; i < at + WINDOW; i++) hash = (Math.imul(hash, BASE) + form.charCodeAt(i)) | 0;
      filter[fold(hash)] = 1;
      const there = places.get(hash);
      if (there === undefined) places.set(hash, [{ form, at, what }]);
      // What many values have in common, the first of them finds.
      else if (there.length < 8) there.push({ form, at, what });
    }
  }
}

function search({ places, filter }: Index, text: string): Stretch[] {
  const { units, positions, length } = withoutBlanks(text);
  const found: Stretch[] = [];
  let hash = 0;
  let done = 0;
  for (let i = 0; i < length; i++) {
    hash = (Math.imul(hash, BASE) + (units[i] as number)) | 0;
    if (i >= WINDOW) hash = (hash - Math.imul(units[i - WINDOW] as number, LEAVING)) | 0;
    const start = i + 1 - WINDOW;
    if (start < done || filter[fold(hash)] === 0) continue;
    for (const place of places.get(hash) ?? []) {
      const part = extend(units, length, start, place);
      if (part === null) continue;
      const [first, last] = [positions[part.start] as number, positions[part.end - 1] as number];
      found.push({ start: first, end: last + 1, what: place.what });
      done = part.end;
      break;
    }
  }
  return found;
}

/** The longest common part around a window, if it is long enough. */
function extend(units: Uint16Array, length: number, window: number, { form, at }: Place) {
  let [start, from] = [window, at];
  while (start > 0 && from > 0 && units[start - 1] === form.charCodeAt(from - 1)) {
    start--;
    from--;
  }
  let [end, to] = [window, at];
  while (end < length && to < form.length && units[end] === form.charCodeAt(to)) {
    end++;
    to++;
  }
  return end - start >= Math.min(SHORTEST_PART, form.length) ? { start, end } : null;
}

function withoutBlanks(text: string) {
  const units = new Uint16Array(text.length);
  const positions = new Int32Array(text.length);
  let length = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit <= 32) continue;
    if (unit === 92 && /[nrt]/.test(text[at + 1] ?? '')) {
      at++;
      continue;
    }
    units[length] = unit;
    positions[length++] = at;
  }
  return { units, positions, length };
}

const BASE = 0x01000193;
const LEAVING = [...Array(WINDOW)].reduce((power: number) => Math.imul(power, BASE), 1);

function fold(hash: number): number {
  return (hash ^ (hash >>> 16)) & 0xffff;
}
