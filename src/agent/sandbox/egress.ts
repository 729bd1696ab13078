import { chmodSync, rmSync } from 'node:fs';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, isIP, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream';
import { allows, plainHost } from '../../config/hosts.ts';
import { shorten, stripControl } from '../../shared/text.ts';
import { isPublic } from './network.ts';

export interface EgressOptions {
  /** The unix socket to listen on; one that a daemon left behind makes way. */
  socket: string;
  /** The hosts that are let through, as in `sandbox.allow_hosts`. */
  hosts: readonly string[];
  /** All addresses of a name. */
  resolve(host: string): Promise<string[]>;
  /** A host was refused; called once for each `host:port`. */
  refused(target: string, why: string): void;
}

const MOST_CONNECTIONS = 256;
const CONNECT_MS = 30_000;
/** Whose refusals are told: a program that tries every host must not fill the log. */
const MOST_TOLD = 100;

/**
 * The only way out of a run's sandbox: an HTTP proxy (CONNECT, and plain requests) that lets the listed hosts through. It
 * resolves names itself and connects to the address that it has checked, so that a name can't lead inward.
 */
export async function openEgress(options: EgressOptions): Promise<AsyncDisposable> {
  const sockets = new Set<Duplex>();
  const told = new Set<string>();
  const server = createServer({ maxHeaderSize: 16 * 1024 });
  server.maxConnections = MOST_CONNECTIONS;
  server.on('connection', socket => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy());
  });

  async function reach(host: string, port: number): Promise<Socket> {
    const addresses = await checked(host, port);
    const upstream = await connectFirst(addresses, port);
    sockets.add(upstream);
    upstream.on('close', () => sockets.delete(upstream)).on('error', () => upstream.destroy());
    return upstream;
  }

  async function checked(host: string, port: number): Promise<string[]> {
    const allowed = allows(options.hosts, host, port);
    if (allowed === null) throw refusal(host, port, 'it is not in sandbox.allow_hosts');
    const name = plainHost(host);
    const addresses = isIP(name) ? [name] : await options.resolve(name);
    const usable = allowed.named ? addresses : addresses.filter(isPublic);
    if (usable.length === 0) throw refusal(host, port, 'it has no address on the internet');
    return usable;
  }

  function refusal(host: string, port: number, why: string): Refusal {
    const target = shorten(stripControl(`${host}:${port}`), 300);
    if (!told.has(target) && told.size < MOST_TOLD) options.refused(target, why);
    told.add(target);
    return new Refusal(`${target} is refused: ${why}`);
  }

  server.on('connect', async (request: IncomingMessage, client: Duplex, head: Buffer) => {
    try {
      const { host, port } = authority(request.url ?? '');
      const upstream = await reach(host, port);
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.write(head);
      pipeline(client, upstream, () => {});
      pipeline(upstream, client, () => {});
    } catch (error) {
      const { status, text } = answer(error);
      client.end(
        `HTTP/1.1 ${status}\r\ncontent-length: ${Buffer.byteLength(text)}\r\nconnection: close\r\n\r\n${text}`,
      );
    }
  });

  server.on('request', async (request: IncomingMessage, response: ServerResponse) => {
    try {
      await forward(request, response, reach);
    } catch (error) {
      const { status, text } = answer(error);
      if (response.headersSent) response.destroy();
      else response.writeHead(Number.parseInt(status, 10), { 'content-type': 'text/plain' }).end(text);
    }
  });

  rmSync(options.socket, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.socket, resolve);
  });
  chmodSync(options.socket, 0o600);
  return {
    async [Symbol.asyncDispose]() {
      const closed = new Promise(resolve => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

class Refusal extends Error {}

function answer(error: unknown): { status: string; text: string } {
  const text = `orch: ${error instanceof Error ? error.message : error}\n`;
  return { status: error instanceof Refusal ? '403 Forbidden' : '502 Bad Gateway', text };
}

function authority(target: string): { host: string; port: number } {
  const [, host = '', port] = /^(\[[0-9a-f:.]+\]|[^:/@\s]+):(\d{1,5})$/i.exec(target) ?? [];
  if (host === '') throw new Refusal('the proxy takes CONNECT host:port');
  return { host, port: Number(port) };
}

// RFC 9110: what concerns this hop only stays here.
const OF_THIS_HOP = /^(connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade)$/i;

/** `GET http://host/path`, as clients send to a proxy what is not encrypted. */
async function forward(
  request: IncomingMessage,
  response: ServerResponse,
  reach: (host: string, port: number) => Promise<Socket>,
): Promise<void> {
  const url = URL.parse(request.url ?? '');
  if (url?.protocol !== 'http:') throw new Refusal('the proxy takes http://… and CONNECT');
  const socket = await reach(url.hostname, Number(url.port || 80));
  const kept = Object.entries(request.headers).filter(([name]) => !OF_THIS_HOP.test(name));
  const onward = httpRequest({
    createConnection: () => socket,
    method: request.method,
    path: url.pathname + url.search,
    headers: { ...Object.fromEntries(kept), host: url.host, connection: 'close' },
    setHost: false,
  });
  request.pipe(onward);
  const [status, headers, body] = await new Promise<[number, IncomingMessage['headers'], IncomingMessage]>(
    (resolve, reject) => {
      onward.once('error', reject);
      onward.once('response', got => resolve([got.statusCode ?? 502, got.headers, got]));
    },
  );
  const back = Object.entries(headers).filter(([name]) => !OF_THIS_HOP.test(name));
  response.writeHead(status, Object.fromEntries(back) as Record<string, string>);
  pipeline(body, response, () => socket.destroy());
}

/** One address after the other, as a browser does. */
async function connectFirst(addresses: readonly string[], port: number): Promise<Socket> {
  let last: unknown = new Error('no address');
  for (const host of addresses) {
    try {
      return await open(host, port);
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

function open(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true, keepAlive: true, timeout: CONNECT_MS });
    socket.once('connect', () => {
      socket.setTimeout(0);
      socket.removeAllListeners('error').removeAllListeners('timeout');
      resolve(socket);
    });
    socket.once('error', reject).once('timeout', () => {
      socket.destroy();
      reject(new Error(`${host} does not answer`));
    });
  });
}
