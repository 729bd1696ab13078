import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import fc from 'fast-check';
import { pino } from 'pino';
import { createFront } from '../../../src/github/front.ts';
import { fakeClock } from '../../support/clock.ts';
import { memoryStore } from '../../support/tasks.ts';
import { damaged, noise } from '../noise.ts';
import { CANARY, mustNotHold, type Surface, Violation } from '../surface.ts';

const PATH = '/api/github/webhooks';
const BODY = `{"action":"created","comment":{"body":"/orch fix it ${CANARY}"}}`;
const signature = (body: string, key: string) =>
  `sha256=${createHmac('sha256', key).update(body).digest('hex')}`;

const HEADERS: Record<string, string> = {
  host: 'orch.test',
  'content-type': 'application/json',
  'x-github-event': 'issue_comment',
  'x-github-delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958',
  'x-hub-signature-256': signature(BODY, 'not-the-secret-of-this-webhook-0000'),
};

function request(
  changes: Record<string, string | null> = {},
  { method = 'POST', path = PATH, body = BODY, version = '1.1' } = {},
): string {
  const length = { 'content-length': String(Buffer.byteLength(body)), connection: 'close' };
  const all = Object.entries({ ...HEADERS, ...length, ...changes }).filter(([, value]) => value !== null);
  return `${method} ${path} HTTP/${version}\r\n${all.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`;
}

const SIGNATURES: Record<string, string | null> = {
  'no signature': null,
  'an empty signature': '',
  'a signature with another secret': HEADERS['x-hub-signature-256'] as string,
  'a signature with an empty secret': signature(BODY, ''),
  'a signature with the secret that everybody knows': signature(BODY, 'development'),
  'a signature of another body': signature('{}', CANARY),
  'a signature by SHA-1': `sha1=${'0'.repeat(40)}`,
  'half a signature': 'sha256=00',
  'a signature that is too long': `sha256=${'0'.repeat(6400)}`,
  'a signature in base64': `sha256=${Buffer.alloc(32).toString('base64')}`,
  'a signature of no characters': `sha256=${'\u00ff'.repeat(64)}`,
  'two signatures': `sha256=${'0'.repeat(64)}, sha256=${'1'.repeat(64)}`,
};

const OTHERS: Record<string, string> = {
  'no event': request({ 'x-github-event': null }),
  'an event with a path': request({ 'x-github-event': '../../issues' }),
  'an event named __proto__': request({ 'x-github-event': '__proto__' }),
  'no id': request({ 'x-github-delivery': null }),
  'an id with a path': request({ 'x-github-delivery': '../../etc/passwd' }),
  'an id of SQL': request({ 'x-github-delivery': "1'); drop table inbox; --" }),
  'an endless id': request({ 'x-github-delivery': 'a'.repeat(9000) }),
  'a form': request({ 'content-type': 'application/x-www-form-urlencoded' }),
  'no content type': request({ 'content-type': null }),
  'another path': request({}, { path: '/api/github/webhooks/../../x' }),
  'an encoded path': request({}, { path: '/api/github/webhooks%00' }),
  'an absolute address': request({}, { path: `http://elsewhere.test${PATH}` }),
  GET: request({}, { method: 'GET', body: '' }),
  PUT: request({}, { method: 'PUT' }),
  DELETE: request({}, { method: 'DELETE', body: '' }),
  'a method that is none': request({}, { method: 'STEAL' }),
  'an empty body': request({}, { body: '' }),
  'a body that is no JSON': request({}, { body: '{"action":' }),
  'a body of zeros': request({}, { body: '\0'.repeat(1000) }),
  'brackets in brackets': request({}, { body: '['.repeat(100_000) }),
  'a length that is too small': request({ 'content-length': '3' }),
  'a length that is none': request({ 'content-length': 'many' }),
  'a negative length': request({ 'content-length': '-1' }),
  'two lengths': `${request().replace('\r\n\r\n', '\r\ncontent-length: 5\r\n\r\n')}`,
  'a length beside chunks': request({ 'transfer-encoding': 'chunked' }),
  'chunks that are none': request(
    { 'transfer-encoding': 'chunked', 'content-length': null },
    { body: 'zz\r\nx\r\n0\r\n\r\n' },
  ),
  'a body announced as huge': request({ 'content-length': '99999999999' }),
  'headers without end': `POST ${PATH} HTTP/1.1\r\n${'x: y\r\n'.repeat(20_000)}`,
  'a header that is none': request({ 'x y': 'z' }),
  'a header with a line of its own': request({ 'x-github-event': 'a\r\nx-hub-signature-256: b' }),
  'HTTP of another age': request({}, { version: '9.9' }),
  'a TLS greeting': '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003',
  nothing: '',
  'a line end': '\r\n\r\n',
};

/** Requests by anybody on the internet: without the secret nothing gets into the inbox, and the server goes on. */
export const deliveries: Surface<string> = {
  name: 'deliveries',
  weight: 6,
  named: {
    ...Object.fromEntries(
      Object.entries(SIGNATURES).map(([name, value]) => [name, request({ 'x-hub-signature-256': value })]),
    ),
    ...OTHERS,
  },
  arbitrary: fc.oneof(
    damaged(request()),
    noise.map(body => request({}, { body })),
    noise,
  ),
  async open() {
    const store = memoryStore();
    const lines: string[] = [];
    const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) });
    const front = createFront({
      store,
      clock: fakeClock(),
      log,
      secret: CANARY.padEnd(40, 'x'),
      path: PATH,
      events: new Set(['issue_comment']),
      wake() {},
    });
    const server = createServer((incoming, response) => {
      if (!front(incoming, response)) response.writeHead(404).end();
    });
    await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    return {
      async feed(text) {
        lines.length = 0;
        const answer = await exchange(port, text);
        if (store.inbox.waiting() > 0) throw new Violation('grant', 'an unsigned delivery is in the inbox');
        if (/^HTTP\/1.1 5/.test(answer)) throw new Error(`answered with ${answer.slice(0, 80)}`);
        if (!server.listening) throw new Error('the server is gone');
        mustNotHold(answer, 'the answer');
        mustNotHold(lines.join(), 'the log');
      },
      async [Symbol.asyncDispose]() {
        server.closeAllConnections();
        await new Promise(done => server.close(done));
        store.close();
      },
    };
  },
};

/** Says it all and hangs up; gives what was answered. */
async function exchange(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.setEncoding('latin1').on('data', chunk => {
    answer += chunk;
  });
  socket.on('error', () => {});
  socket.end(text, 'latin1');
  await once(socket, 'close').catch(() => {});
  return answer;
}
