import { createPrivateKey } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formsOf } from '../../../src/shared/secrets/known.ts';
import { openSecrets } from '../../../src/shared/secrets/secrets.ts';
import { fakeKey, scramble } from '../../support/fake-secrets.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');

/** How a value may be dressed up on its way out. */
const DRESSES: [string, (text: string) => string][] = [
  ['as it is', text => text],
  ['in JSON', text => JSON.stringify({ text })],
  ['in a URL', encodeURIComponent],
  ['in hex', text => Buffer.from(text).toString('hex')],
  ['in capital hex', text => Buffer.from(text).toString('hex').toUpperCase()],
  ['in base64', base64],
  ['in base64 after one byte', text => base64(`a${text}`)],
  ['in base64 after two bytes', text => base64(`ab${text}`)],
  ['in base64 amid other text', text => base64(`{"a":1,"token":"${text}","b":2}`)],
  ['in base64url', text => Buffer.from(`?>${text}`).toString('base64url')],
  ['in lines of 20', text => text.replace(/.{20}/g, '$&\n')],
  ['in base64 in lines of 76', text => base64(`x${text}${text}`).replace(/.{76}/g, '$&\n')],
  ['in lines as JSON has them', text => JSON.stringify(text.replace(/.{10}/g, '$&\n\t'))],
];

describe('a known value is found', () => {
  const value = `p@ss/${scramble('any', 40)}+=`;
  const key = fakeKey();

  it.each(DRESSES)('%s', (_, dress) => {
    const { know, redact, find } = openSecrets();
    know(value, 'the password');
    know(key, 'the private key of the App');
    const text = `before ${dress(value)} after`;
    expect(find(text)).toMatchObject([{ what: 'the password' }]);
    for (const each of formsOf(value))
      expect(redact(text).replace(/\s/g, '')).not.toContain(each.slice(4, 20));
    const pem = redact(`before ${dress(key)} after`);
    expect(pem).toContain('[redacted]');
    // Armour and first line are those of many keys.
    expect(pem.length).toBeLessThan(700);
  });

  it('of which only half is there', () => {
    const { know, find } = openSecrets();
    const token = scramble('half', 40);
    know(token, 'a token');
    for (const dress of DRESSES.map(([, each]) => each)) {
      for (const half of [token.slice(0, 20), token.slice(20)]) {
        expect(find(`one ${dress(half)} two`)).toMatchObject([{ what: 'a token' }]);
      }
    }
  });

  it('when a private key is written in another format', () => {
    const { know, find } = openSecrets();
    const pem = fakeKey('pkcs1');
    know(pem, 'the key');
    const der = createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' });
    expect(find(der.toString('base64'))).toHaveLength(1);
    expect(find(der.toString('hex'))).toHaveLength(1);
  });

  it('wherever it stands in any text, and with hundreds of others known', () => {
    const { know, find } = openSecrets();
    for (let n = 0; n < 300; n++) know(scramble(`many ${n}`, 40), `value ${n}`);
    fc.assert(
      fc.property(
        fc.string(),
        fc.nat(299),
        fc.constantFrom(...DRESSES),
        fc.string(),
        (before, n, [, dress], after) => {
          const text = `${before} ${dress(scramble(`many ${n}`, 40))} ${after}`;
          expect(find(text).some(({ what }) => what === `value ${n}`)).toBe(true);
        },
      ),
    );
  });
});

describe('what is no secret stays', () => {
  it.each([
    'BEGIN RSA PRIVATE KEY is how such files begin',
    '-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA',
    base64('-----BEGIN RSA PUBLIC KEY-----\n'),
    'scramble',
    '',
  ])('%s', text => {
    const { know, redact } = openSecrets();
    know(fakeKey('pkcs1'), 'a key');
    know(fakeKey('pkcs8'), 'a key');
    know('short', 'too short to be one');
    expect(redact(text)).toBe(text);
    expect(redact('a short word')).toBe('a short word');
  });

  it('and with a thousand newer tokens the first values are still known', () => {
    const { know, find } = openSecrets();
    know(scramble('first', 40), 'the first');
    for (let n = 0; n < 1100; n++) know(scramble(`token ${n}`, 20), 'a token');
    expect(find(scramble('first', 40))).toMatchObject([{ what: 'the first' }]);
    expect(find(scramble('token 1099', 20))).toHaveLength(1);
    expect(find(scramble('token 300', 20))).toHaveLength(0);
  });
});
