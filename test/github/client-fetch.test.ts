import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { guardedFetch } from '../../src/github/client-fetch.ts';
import { openSecrets } from '../../src/shared/secrets/secrets.ts';
import { scramble } from '../support/fake-secrets.ts';

it('what is written on GitHub has no secret, and its own token is one from then on', async () => {
  const seen: { authorization: string | undefined; body: string }[] = [];
  const server = createServer(async (request, response) => {
    seen.push({ authorization: request.headers.authorization, body: await text(request) });
    response.end('{}');
  });
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
  await using _server = { [Symbol.asyncDispose]: async () => void server.close() };
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const secrets = openSecrets();
  const call = guardedFetch(secrets);
  const token = scramble('opaque', 40);
  const headers = { authorization: `token ${token}` };

  await call(url, { headers });
  const body = JSON.stringify({ title: 'Fix', body: `I found ${token}\nand ${btoa(`x:${token}`)}` });
  await call(url, { method: 'POST', headers, body });

  expect(seen[1]?.authorization).toBe(`token ${token}`);
  expect(JSON.parse(seen[1]?.body ?? '')).toEqual({
    title: 'Fix',
    body: expect.stringMatching(/^I found \[redacted\]\nand \w{1,3}\[redacted\]=*$/),
  });
});
