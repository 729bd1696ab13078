import fc from 'fast-check';

/** Pieces that mean something to one parser or another. */
const PIECES = [
  ...[
    '/orch',
    '/orch ',
    '\n/orch fix it',
    '--',
    '--agent',
    '--agent=',
    '--base ',
    '--timeout 1h',
    '--priority=high',
  ],
  ...['cancel', 'retry', 'status', 'help', 'T1', 'task_001', '#1', 'orch:', 'pause', 'approve'],
  ...[
    '```',
    '~~~',
    '> ',
    '- ',
    '1. ',
    '    ',
    '\t',
    '<!--',
    '-->',
    '<details>',
    '<img alt="',
    '](',
    '[x]: ',
    '&#x2f;',
  ],
  ...[
    '"',
    "'",
    '“',
    '”',
    '«',
    '`',
    '\\',
    '\u0000',
    '\u001b[2J',
    '\u0007',
    '\r\n',
    '\r',
    '\n',
    '\u2028',
    '\u0085',
  ],
  ...[
    '\u200b',
    '\u200d',
    '\u202e',
    '\u2066',
    '\ufeff',
    '\u{e0041}',
    '\ud800',
    '\udfff',
    '👩‍💻',
    'İ',
    'ﬀ',
    '𝒪',
  ],
  ...[
    '$HOME',
    '$(touch x)',
    '`id`',
    '; rm -rf .',
    '| sh',
    '../../',
    '%2e%2e/',
    '\\..\\',
    '~/.ssh',
    '/proc/self/environ',
  ],
  ...[
    '__proto__',
    'constructor',
    'toString',
    'null',
    'NaN',
    '1e999',
    '-1',
    '0x10',
    '9007199254740993',
    '{}',
    '[]',
  ],
  ...[
    '&a [*a]',
    '<<: *a',
    '!!js/function',
    '? ',
    ': ',
    '%YAML 9',
    '---\n',
    '...\n',
    '|\n',
    '>-\n',
    '{',
    '}',
    '[',
    ']',
    ',',
    '#',
  ],
];

/** Text that is nearly something. */
export const noise: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...PIECES) },
      { weight: 2, arbitrary: fc.string({ unit: 'grapheme', maxLength: 12 }) },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
    ),
    { maxLength: 24 },
  )
  .map(parts => parts.join(''));

/** A text with some of its characters cut out, doubled or replaced. */
export function damaged(text: string): fc.Arbitrary<string> {
  const cut = fc.record({
    at: fc.nat(text.length),
    length: fc.nat(8),
    put: fc.oneof(fc.constant(''), noise),
  });
  return fc
    .array(cut, { minLength: 1, maxLength: 4 })
    .map(cuts =>
      cuts.reduce((all, { at, length, put }) => all.slice(0, at) + put + all.slice(at + length), text),
    );
}

/** A JSON value with some of its parts gone, or replaced by something else. */
export function mutated(value: unknown): fc.Arbitrary<unknown> {
  const other = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<unknown>,
    noise,
    fc.constantFrom<unknown>(null, '', 0, -1, 1.5, 1e30, true, [], {}, undefined, 'x'.repeat(5000)),
  );
  const change = fc.record({ which: fc.nat(), put: other });
  return fc.array(change, { minLength: 1, maxLength: 3 }).map(changes => {
    const copy = structuredClone(value);
    for (const { which, put } of changes) {
      const paths = pathsOf(copy);
      const path = paths[which % Math.max(1, paths.length)];
      if (path) setAt(copy, path, put);
    }
    return copy;
  });
}

type Path = (string | number)[];

/** The paths of all parts of a value, arrays' items included. */
export function pathsOf(value: unknown, at: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [[...at, key], ...pathsOf(inner, [...at, key])]);
}

/** Undefined takes the part out. */
export function setAt(value: unknown, path: Path, put: unknown): void {
  let holder = value as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) holder = holder[key] as Record<string | number, unknown>;
  const last = path.at(-1) as string;
  if (put === undefined) delete holder[last];
  else holder[last] = put;
}
