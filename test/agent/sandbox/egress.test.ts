import { createServer as createHttp, request } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { openEgress } from '../../../src/agent/sandbox/egress.ts';
import { isPublic } from '../../../src/agent/sandbox/network.ts';
import { allows, DEFAULTS, isHostEntry } from '../../../src/config/hosts.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

/** A proxy for these hosts, names that lead where the test says, and a server that answers with what it was asked. */
async function world(hosts: string[], names: Record<string, string[]> = {}) {
  await using stack = new AsyncDisposableStack();
  const directory = stack.use(await temporaryDirectory());
  const refused: string[] = [];
  const server = createHttp((asked, response) => {
    response.setHeader(
      'x-seen',
      `${asked.method} ${asked.url} ${asked.headers['proxy-authorization'] ?? ''}`,
    );
    asked.pipe(response);
  });
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
  stack.defer(() => void server.close());
  stack.defer(() => server.closeAllConnections());
  const { port } = server.address() as AddressInfo;
  const socket = join(directory.path, 'egress.sock');
  const egress = await openEgress({
    socket,
    hosts: hosts.map(host => host.replace('PORT', String(port))),
    resolve: async host => names[host] ?? Promise.reject(new Error(`${host} is unknown`)),
    refused: target => void refused.push(target),
  });
  stack.use(egress);
  const owned = stack.move();
  return {
    port,
    socket,
    refused,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
    /** The status line of CONNECT, and the socket. */
    tunnel: (target: string) => tunnel(socket, target),
    /** A plain request through the proxy. */
    async send(url: string, body = '') {
      const { promise, resolve, reject } = Promise.withResolvers<[number, string, string]>();
      const asking = request({
        socketPath: socket,
        path: url,
        method: 'POST',
        headers: { host: 'elsewhere', 'proxy-authorization': 'mine' },
      });
      asking.on('error', reject).on('response', async got => {
        resolve([got.statusCode ?? 0, String(got.headers['x-seen']), await text(got)]);
      });
      asking.end(body);
      return await promise;
    },
  };
}

function tunnel(path: string, target: string): Promise<{ status: string; socket: Socket }> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('error', reject);
    socket.write(`CONNECT ${target} HTTP/1.1\r\nhost: ${target}\r\n\r\n`);
    socket.once('data', data => resolve({ status: String(data).split('\r\n')[0] ?? '', socket }));
  });
}

describe('the list of hosts', () => {
  it.each([
    ['example.com', 'example.com', 443, true],
    ['example.com', 'EXAMPLE.com.', 80, true],
    ['example.com', 'example.com', 22, false],
    ['example.com', 'www.example.com', 443, false],
    ['example.com', 'example.com.evil.net', 443, false],
    ['example.com', 'notexample.com', 443, false],
    ['*.example.com', 'a.b.example.com', 443, true],
    ['*.example.com', 'example.com', 443, false],
    ['*.example.com', 'evilexample.com', 443, false],
    ['example.com:8443', 'example.com', 8443, true],
    ['example.com:8443', 'example.com', 443, false],
    ['[::1]:80', '[::1]', 80, true],
    ['[::1]:80', '::1', 80, true],
    [DEFAULTS, 'api.anthropic.com', 443, true],
    [DEFAULTS, 'defaults', 443, false],
    [DEFAULTS, 'github.com', 443, false],
  ])('%s: %s at %i is let through: %s', (entry, host, port, through) => {
    expect(allows([entry], host, port) !== null).toBe(through);
  });

  it.each(['', 'a b', '*', '*.', 'http://a', 'a:99999', 'a/b', 'a.*.b', '.a', 'user@a'])(
    'takes no entry %j',
    entry => {
      expect(isHostEntry(entry)).toBe(false);
    },
  );

  it.each([
    ...['127.0.0.1', '127.9.9.9', '10.1.2.3', '172.16.0.1', '192.168.1.1', '169.254.169.254', '100.64.0.1'],
    ...['0.0.0.0', '224.0.0.1', '255.255.255.255', '::1', '::', '::ffff:127.0.0.1', '::ffff:8.8.8.8'],
    ...['fe80::1', 'fc00::1', 'fd12::1', 'ff02::1', '64:ff9b::a00:1', '2002:7f00:1::', '2001::1', 'nonsense'],
  ])('%s is no address on the internet', address => {
    expect(isPublic(address)).toBe(false);
  });

  it.each(['8.8.8.8', '172.15.0.1', '172.32.0.1', '2606:4700::1111', '2a00:1450::1'])(
    '%s is one',
    address => {
      expect(isPublic(address)).toBe(true);
    },
  );
});

describe('the proxy', () => {
  it('tunnels to a host of the list, both ways', async () => {
    await using at = await world(['shop.test:PORT'], { 'shop.test': ['127.0.0.1'] });
    const { status, socket } = await at.tunnel(`shop.test:${at.port}`);
    expect(status).toBe('HTTP/1.1 200 Connection established');
    socket.write('GET /x HTTP/1.1\r\nhost: shop.test\r\nconnection: close\r\n\r\n');
    expect(await text(socket)).toContain('x-seen: GET /x');
  });

  it('forwards plain requests with their bodies, without what is for the proxy alone', async () => {
    await using at = await world(['shop.test:PORT'], { 'shop.test': ['127.0.0.1'] });
    const sent = await at.send(`http://shop.test:${at.port}/path?q=1`, 'a body');
    expect(sent).toEqual([200, 'POST /path?q=1', 'a body']);
  });

  it('refuses other hosts, once for each in the log, and says why', async () => {
    await using at = await world(['shop.test'], { 'evil.test': ['127.0.0.1'] });
    for (const target of ['evil.test:443', 'evil.test:443', 'shop.test:22']) {
      const { status, socket } = await at.tunnel(target);
      expect(status).toBe('HTTP/1.1 403 Forbidden');
      socket.destroy();
    }
    const [status, , body] = await at.send('http://evil.test/');
    expect([status, body]).toEqual([403, expect.stringContaining('evil.test:80 is refused: it is not in')]);
    expect(at.refused).toEqual(['evil.test:443', 'shop.test:22', 'evil.test:80']);
  });

  it.each([
    ['a name of a wildcard', ['*.shop.test:PORT'], 'a.shop.test'],
    ['a name among the defaults', [DEFAULTS], 'api.anthropic.com'],
  ])('does not follow %s inward', async (_what, hosts, name) => {
    await using at = await world(hosts, { [name]: ['127.0.0.1', '169.254.169.254', '::1'] });
    const { status, socket } = await at.tunnel(`${name}:${hosts[0] === DEFAULTS ? 443 : at.port}`);
    socket.destroy();
    expect(status).toBe('HTTP/1.1 403 Forbidden');
    expect(at.refused).toHaveLength(1);
  });

  it('takes the next address when one is not there', async () => {
    const closed = createServer();
    await new Promise<void>(done => closed.listen(0, '127.0.0.2', done));
    await new Promise(done => closed.close(done));
    await using at = await world(['shop.test:PORT'], { 'shop.test': ['127.0.0.2', '127.0.0.1'] });
    expect(await at.send(`http://shop.test:${at.port}/`)).toMatchObject([200, 'POST /', '']);
  });

  it.each(['ftp://shop.test/', 'https://shop.test/', '/path'])('takes no request for %s', async url => {
    await using at = await world(['shop.test'], { 'shop.test': ['127.0.0.1'] });
    expect((await at.send(url))[0]).toBe(403);
  });

  it.each(['shop.test', 'shop.test:', 'user@shop.test:443', 'shop.test:443:1', ':443'])(
    'takes no tunnel to %s',
    async target => {
      await using at = await world(['shop.test'], { 'shop.test': ['127.0.0.1'] });
      const { status, socket } = await at.tunnel(target);
      socket.destroy();
      expect(status).toBe('HTTP/1.1 403 Forbidden');
    },
  );

  it('says that a host is not there, and goes on', async () => {
    await using at = await world(['gone.test', 'shop.test:PORT'], { 'shop.test': ['127.0.0.1'] });
    expect((await at.send('http://gone.test/'))[0]).toBe(502);
    expect((await at.send(`http://shop.test:${at.port}/`))[0]).toBe(200);
  });

  it('ends its tunnels when it is closed, and opens again at the same place', async () => {
    await using at = await world(['shop.test:PORT'], { 'shop.test': ['127.0.0.1'] });
    const { socket } = await at.tunnel(`shop.test:${at.port}`);
    const ended = new Promise(resolve => socket.once('close', resolve));
    await at[Symbol.asyncDispose]();
    await ended;
  });
});
