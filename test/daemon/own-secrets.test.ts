import { expect, it } from 'vitest';
import { loadSettings } from '../../src/config/settings.ts';
import { ownSecrets } from '../../src/daemon/own-secrets.ts';
import { fakeKey, scramble } from '../support/fake-secrets.ts';

it('a daemon knows its credentials, and what environment and profiles name as secret', () => {
  const [webhookSecret, privateKey] = [scramble('hook', 32), fakeKey()];
  const text = `agents: { a: { command: x, environment: { MODEL_API_KEY: ${scramble('model', 24)}, MODE: production-like } } }`;
  const { settings } = loadSettings({ text, env: {} });
  const env = {
    WEBHOOK_SECRET: webhookSecret,
    PRIVATE_KEY_PATH: '/etc/orch/the-key-of-the-app.pem',
    https_proxy: `http://me:${scramble('proxy', 16)}%2B@proxy.example:8080`,
    DB_PASSWORD: scramble('db', 14),
    LANG: 'a-language-of-some-length',
  };
  const { redact, find } = ownSecrets({ credentials: { privateKey, webhookSecret }, settings, env });
  const what = (value: string) => find(` ${value} `).map(found => found.what);
  expect(what(webhookSecret)).toEqual(['the webhook secret']);
  expect(what(privateKey.slice(200, 400))).toEqual(["the App's private key"]);
  expect(what(scramble('model', 24))).toEqual(['the value of MODEL_API_KEY']);
  expect(what(`${scramble('proxy', 16)}+`)).toEqual(['the password in https_proxy']);
  expect(what(scramble('db', 14))).toEqual(['the value of DB_PASSWORD']);
  for (const plain of [env.PRIVATE_KEY_PATH, env.LANG, 'production-like']) expect(redact(plain)).toBe(plain);
});

it('a password in an address that is not well written is known as it is', () => {
  const { settings } = loadSettings({ text: '', env: {} });
  const credentials = { privateKey: fakeKey(), webhookSecret: scramble('hook', 32) };
  const password = `${scramble('proxy', 16)}%`;
  const env = { https_proxy: `http://me:${password}@proxy.example:8080` };
  expect(ownSecrets({ credentials, settings, env }).redact(`said ${password}`)).toBe('said [redacted]');
});
