import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openSecrets, redactShapes } from '../../../src/shared/secrets/secrets.ts';
import { FAKE_TOKENS, fakeKey, scramble } from '../../support/fake-secrets.ts';
import { growth, NEARLY_LINEAR } from '../../support/growth.ts';

describe('a token is taken out whole, wherever it stands', () => {
  it.each(FAKE_TOKENS)('%s: %s', (what, token) => {
    const { find, redact } = openSecrets();
    for (const [before, after] of [
      ['', ''],
      ['token=', ' and more'],
      ['https://x-access-token:', '@github.com/acme/shop.git'],
      ['{"line":"one\\n', '","more":1}'],
      ['q=a%3D', '&b=2'],
      ['+const key = "', '";'],
    ] as const) {
      const text = before + token + after;
      expect(find(text)).toMatchObject([{ what, start: before.length }]);
      expect(redact(text)).not.toContain(token.slice(8));
      expect(redact(text).startsWith(`${before}[redacted]`)).toBe(true);
    }
  });

  it.each([
    ['as it is', (pem: string) => pem],
    ['in JSON', (pem: string) => JSON.stringify({ pem })],
    ['in source code', (pem: string) => pem.replaceAll('\n', '\\n" +\n  "')],
    ['cut short', (pem: string) => pem.slice(0, 900)],
    [
      'with headers',
      (pem: string) => pem.replace('\n', '\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128,0A\n\n'),
    ],
  ])('a private key %s', (_, dress) => {
    for (const pem of [fakeKey('pkcs1'), fakeKey('pkcs8')]) {
      const redacted = redactShapes(`before ${dress(pem)} after`);
      expect(redacted).toMatch(/^before .?.?.?.?.?.?.?.?.?\[redacted\]/);
      for (const line of pem.split('\n').filter(each => each.length === 64)) {
        expect(redacted).not.toContain(line);
      }
    }
  });

  it.each([
    'weighs_more_than_thirty_six_characters_as_identifiers_sometimes_do',
    'class="sk-folding-cube sk-cube-grid-with-quite-a-long-name-of-its-own"',
    'AKIAIOSFODNN7EXAMPLE',
    "if (!pem.startsWith('-----BEGIN PRIVATE KEY-----')) throw new Error('There is no private key in the file');",
    'ghs_ and ghp_ are the prefixes; github_pat_ is another',
    'd670460b4b4aece5915caf5c68d12f560a9fe3e4',
    'sha512-8bPM7Q6Xv3EqaIkbVwZsJcA1kFO4WvNxMo0iXq1TQyYk2S6mBGxwQ2rZrJ0vlrxgpB4rR1c7ykD3cm0xQZzY7A==',
    'npm_config_registry=https://example.com/a/long/path/to/a/registry npm_package_dependencies_something',
  ])('%s is none', text => {
    expect(redactShapes(text)).toBe(text);
  });
});

describe('a search takes a time that grows with the text', () => {
  const fill = (piece: string) => piece.repeat(Math.ceil(60_000 / piece.length));
  const { know, find } = openSecrets();
  know(scramble('known', 40), 'a known value');

  it.each([
    ['prose', fill('The quick brown fox says `eyes` in src/a/b.ts. ')],
    ['known windows', fill(scramble('known', 40).slice(0, 12))],
    ...FAKE_TOKENS.flatMap(([what, token]): [string, string][] => [
      [`beginnings: ${what}`, fill(token.slice(0, 8))],
      [`much of it: ${what}`, fill(token.slice(0, -2))],
      [`with dots: ${what}`, fill(`${token.slice(0, 14)}.`)],
      [`without an end: ${what}`, token.slice(0, 10) + fill('-a')],
    ]),
    ['keys begun', fill('-----BEGIN RSA PRIVATE KEY-----')],
    ['keys begun with headers', fill('-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4\n')],
    ['a key without an end', `-----BEGIN RSA PRIVATE KEY-----\n${fill('\\n"')}`],
    ['base64', scramble('much', 60_000)],
  ])('%s', (_, text) => {
    expect(growth(part => void find(part), text)).toBeLessThan(NEARLY_LINEAR);
  });

  it('and what is taken out of any text leaves the rest as it was', () => {
    const { redact } = openSecrets();
    const pieces = fc.oneof(fc.string(), fc.constantFrom(...FAKE_TOKENS.map(([, token]) => token), '-', ' '));
    fc.assert(
      fc.property(fc.array(pieces), parts => {
        const text = parts.join('');
        const left = redact(text).split('[redacted]');
        let at = 0;
        for (const part of left) {
          const found = text.indexOf(part, at);
          expect(found).toBeGreaterThanOrEqual(0);
          at = found + part.length;
        }
      }),
    );
  });
});
