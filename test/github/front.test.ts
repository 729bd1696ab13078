import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sign } from '@octokit/webhooks-methods';
import { pino } from 'pino';
import { describe, expect, it, vi } from 'vitest';
import { createFront } from '../../src/github/front.ts';
import { openStoreFile } from '../../src/store/file.ts';
import { fakeClock } from '../support/clock.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const SECRET = 'a-secret-of-more-than-32-characters';

async function startFront() {
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await temporaryDirectory());
  const store = stack.use(openStoreFile(`${path}/orch.db`));
  const lines: string[] = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) });
  let wakes = 0;
  let requests = 0;
  const clock = fakeClock();
  const front = createFront({
    store,
    clock,
    log,
    secret: SECRET,
    path: '/hooks',
    events: new Set(['issue_comment']),
    wake: () => {
      wakes += 1;
    },
  });
  const server = createServer((request, response) => {
    requests += 1;
    if (!front(request, response)) response.writeHead(404).end();
  });
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
  stack.defer(async () => {
    server.closeAllConnections();
    await new Promise(done => server.close(done));
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`;
  const owned = stack.move();
  async function deliver(
    body: string,
    headers: Record<string, string | null> = {},
    at = url,
  ): Promise<number> {
    const usual = {
      'content-type': 'application/json',
      'x-github-event': 'issue_comment',
      'x-github-delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958',
      'x-hub-signature-256': await sign(SECRET, body),
    };
    const given = Object.entries({ ...usual, ...headers }).filter(
      (entry): entry is [string, string] => entry[1] !== null,
    );
    return (await fetch(at, { method: 'POST', body, headers: Object.fromEntries(given) })).status;
  }
  return {
    store,
    deliver,
    lines,
    url,
    clock,
    wakes: () => wakes,
    requests: () => requests,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

describe('a delivery', () => {
  it('is on disk when it is answered, and once however often it comes', async () => {
    await using front = await startFront();
    expect(await front.deliver('{"action":"created"}')).toBe(202);
    expect(await front.deliver('{"action":"created"}')).toBe(202);
    expect(front.store.inbox.waiting()).toBe(1);
    expect(front.store.inbox.next()).toMatchObject({
      event: 'issue_comment',
      payload: '{"action":"created"}',
    });
    await front.clock.advance(10);
    expect(front.wakes()).toBeGreaterThan(0);
  });

  it('is handled after those that come in beside it are answered, and within a second all the same', async () => {
    await using front = await startFront();
    const slow = request(front.url, { method: 'POST', headers: { 'content-length': '10' } });
    slow.on('error', () => {}).write('{');
    await once(slow, 'socket');
    await vi.waitUntil(() => front.requests() === 1, { timeout: 15_000 });
    expect(await front.deliver('{}')).toBe(202);
    await front.clock.advance(900);
    expect(front.wakes()).toBe(0);
    await front.clock.advance(100);
    expect(front.wakes()).toBe(1);
    slow.destroy();
  });

  it('may come to the root, where the setup page sends it', async () => {
    await using front = await startFront();
    expect(await front.deliver('{}', {}, front.url.replace('/hooks', '/'))).toBe(202);
    expect(await front.deliver('{}', {}, front.url.replace('/hooks', '/other'))).toBe(404);
  });

  it.each([
    ['without a signature', { 'x-hub-signature-256': null }, 401],
    ['with a wrong signature', { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` }, 401],
    ['with something that is no signature', { 'x-hub-signature-256': 'sha1=00' }, 401],
    ['without an event', { 'x-github-event': null }, 400],
    ['without an id', { 'x-github-delivery': null }, 400],
    ['with an id that is none', { 'x-github-delivery': '../../etc' }, 400],
    ['as a form', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
  ])('%s is refused, and logged without its payload', async (_what, headers, status) => {
    await using front = await startFront();
    expect(await front.deliver('{"comment":"private words"}', headers)).toBe(status);
    expect(front.store.inbox.waiting()).toBe(0);
    expect(front.lines).toHaveLength(1);
    expect(front.lines.join()).not.toContain('private words');
  });

  it('that is refused can not fill the log', async () => {
    await using front = await startFront();
    for (let n = 0; n < 150; n++) await front.deliver('{}', { 'x-hub-signature-256': null });
    expect(front.lines).toHaveLength(100);
    await front.clock.advance(60_000);
    await front.deliver('{}', { 'x-hub-signature-256': null });
    expect(front.lines).toHaveLength(101);
    expect(JSON.parse(front.lines.at(-1) as string)).toMatchObject({ untold: 50 });
  });

  it('of an event that nobody handles is answered and forgotten', async () => {
    await using front = await startFront();
    expect(await front.deliver('{}', { 'x-github-event': 'star' })).toBe(202);
    expect(front.store.inbox.waiting()).toBe(0);
  });

  it.each([
    ['announced', (body: string) => body],
    // A stream has no length to announce.
    ['sent unannounced', (body: string) => new Blob([body]).stream()],
  ])('that is huge is refused, %s', async (_how, make) => {
    await using front = await startFront();
    const body = make('x'.repeat(6 * 1024 * 1024));
    const init = { method: 'POST', body, duplex: 'half', headers: { 'x-github-event': 'issue_comment' } };
    // The server may hang up before all of it is sent.
    const status = await fetch(front.url, init as RequestInit).then(
      response => response.status,
      () => 'hung up',
    );
    expect([413, 'hung up']).toContain(status);
    expect(front.lines.join()).toContain('413');
    expect(front.store.inbox.waiting()).toBe(0);
  });

  it('is refused while too much comes in at once, and taken again when that is over', async () => {
    await using front = await startFront();
    const most = 5 * 1024 * 1024;
    const slow = Array.from({ length: 14 }, () => {
      const sent = request(front.url, { method: 'POST', headers: { 'content-length': most } });
      sent.on('error', () => {}).write(Buffer.alloc(most - 1));
      const status = once(sent, 'response').then(([response]) => response.statusCode as number);
      // The server may hang up before all of it is sent.
      return { sent, status: status.catch(() => 'hung up') };
    });
    expect([503, 'hung up']).toContain(await Promise.race(slow.map(({ status }) => status)));
    expect(front.lines.join()).toContain('Too much comes in at once');
    for (const { sent } of slow) sent.destroy();
    await vi.waitUntil(async () => (await front.deliver('x'.repeat(most - 1))) === 202, { timeout: 15_000 });
  });

  it('that can not be recorded gets a 503, so that GitHub shows it as failed', async () => {
    await using front = await startFront();
    const { add } = front.store.inbox;
    front.store.inbox.add = () => {
      throw new Error('disk full');
    };
    expect(await front.deliver('{}')).toBe(503);
    front.store.inbox.add = add;
    expect(await front.deliver('{}')).toBe(202);
  });
});
