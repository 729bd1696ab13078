import { createHmac, randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Sent, ToSender } from './deliveries.ts';

// A process of its own: who measures must not wait for what is measured. Everything is signed before anything is sent.

const CONNECTIONS = 500;

const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
let signed: { body: string; signature: string }[] = [];

process.on('message', async (message: ToSender) => {
  if (message.kind === 'sign') {
    signed = message.bodies.map(body => ({ body, signature: sign(message.secret, body) }));
    process.send?.([]);
  } else process.send?.(await send(message.url, message.count, message.everyMs));
});

function sign(secret: string, body: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}

/** So many deliveries, one every so many milliseconds whether the ones before are answered or not; 0 sends all at once. */
async function send(url: string, count: number, everyMs: number): Promise<Sent[]> {
  const start = performance.now();
  const answers: Promise<Sent>[] = [];
  while (answers.length < count) {
    const due = everyMs === 0 ? count : Math.floor((performance.now() - start) / everyMs) + 1;
    while (answers.length < Math.min(count, due)) answers.push(deliver(url, answers.length));
    if (answers.length < count)
      await delay(Math.max(1, start + answers.length * everyMs - performance.now()));
  }
  return await Promise.all(answers);
}

function deliver(url: string, index: number): Promise<Sent> {
  const { body, signature } = signed[index % signed.length] as (typeof signed)[number];
  const guid = randomUUID();
  const headers = {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    'x-github-event': 'issue_comment',
    'x-github-delivery': guid,
    'x-hub-signature-256': signature,
  };
  const began = performance.now();
  const sent = (status: number) => ({ guid, status, ms: performance.now() - began });
  return new Promise(resolve => {
    const call = request(url, { agent, method: 'POST', headers }, response => {
      response.resume();
      response.on('end', () => resolve(sent(response.statusCode ?? 0)));
      response.on('error', () => resolve(sent(0)));
    });
    call.on('error', () => resolve(sent(0)));
    call.end(body);
  });
}
