import { createHmac, randomUUID } from 'node:crypto';
import type { Clock } from '../shared/clock.ts';
import type { Faults } from './faults.ts';

/** Where the App's deliveries go. */
export interface Hook {
  id: number;
  url: string | null;
  secret: string;
}

export interface Delivery {
  id: number;
  guid: string;
  event: string;
  action: string | null;
  payload: Record<string, unknown>;
  installationId: number | null;
  repositoryId: number | null;
  redelivery: boolean;
  deliveredAt: number;
  /** Seconds. */
  duration: number;
  /** What the receiver answered; 0 when it could not be reached in time. */
  status: number;
  statusText: string;
  requestHeaders: Record<string, string>;
  responseHeaders: Record<string, string>;
  responseBody: string;
}

type Outgoing = Pick<Delivery, 'event' | 'action' | 'payload' | 'installationId' | 'repositoryId'>;
type Queued = Outgoing & { guid: string; redelivery: boolean };

/** GitHub waits ten seconds for an answer. */
const TIMEOUT_MS = 10_000;

/**
 * Sends webhooks one after the other and keeps the log of them. A failed delivery is logged and, as on GitHub,
 * not tried again unless somebody asks for it.
 */
export class Deliveries {
  readonly hook: Hook;
  readonly log: Delivery[] = [];
  readonly #context: { appId: number; clock: Clock; faults: Faults; newId(): number };
  readonly #listeners = new Set<(delivery: Delivery) => void>();
  readonly #closing = new AbortController();
  #queue: Queued[] = [];
  #held: Queued[] = [];
  #pump: Promise<void> | null = null;

  constructor(hook: Hook, context: { appId: number; clock: Clock; faults: Faults; newId(): number }) {
    this.hook = hook;
    this.#context = context;
  }

  listen(listener: (delivery: Delivery) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Puts a delivery into the row; the payload is taken as it is now. */
  send(outgoing: Outgoing): void {
    const payload = JSON.parse(JSON.stringify(outgoing.payload)) as Record<string, unknown>;
    const delivery = { ...outgoing, payload, guid: randomUUID(), redelivery: false };
    const fault = this.#context.faults.forDelivery(outgoing.event);
    if (fault?.kind === 'reorder') {
      this.#held.push(delivery);
      return;
    }
    const copies = fault?.kind === 'lose' ? [] : fault?.kind === 'double' ? [delivery, delivery] : [delivery];
    this.#enqueue([...copies, ...this.#held.splice(0)]);
  }

  /** Sends a logged delivery once more, under the same GUID. */
  redeliver(delivery: Delivery): void {
    const { event, action, payload, installationId, repositoryId, guid } = delivery;
    this.#enqueue([{ event, action, payload, installationId, repositoryId, guid, redelivery: true }]);
  }

  /** Resolves when nothing is under way any more. Deliveries held back for reordering go out now. */
  async idle(): Promise<void> {
    while (this.#pump || this.#held.length > 0) {
      this.#enqueue(this.#held.splice(0));
      await this.#pump;
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#queue = [];
    this.#held = [];
    await this.#pump;
  }

  #enqueue(deliveries: readonly Queued[]): void {
    if (this.#closing.signal.aborted) return;
    this.#queue.push(...deliveries);
    this.#pump ??= this.#run().finally(() => {
      this.#pump = null;
    });
  }

  async #run(): Promise<void> {
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
      const delivery = await this.#deliver(next);
      if (!delivery) continue;
      this.log.push(delivery);
      for (const listener of this.#listeners) listener(delivery);
    }
  }

  async #deliver(queued: Queued): Promise<Delivery | null> {
    const { url } = this.hook;
    if (url === null) return null;
    const body = JSON.stringify(queued.payload);
    const requestHeaders = this.#headers(queued, body);
    const start = performance.now();
    const timeout = new AbortController();
    using _timer = this.#context.clock.after(TIMEOUT_MS, () =>
      timeout.abort(new DOMException('', 'TimeoutError')),
    );
    const signal = AbortSignal.any([this.#closing.signal, timeout.signal]);
    const answer = await post(url, requestHeaders, body, signal);
    const duration = Math.round(performance.now() - start) / 1000;
    return {
      ...queued,
      ...answer,
      id: this.#context.newId(),
      deliveredAt: this.#context.clock.now(),
      duration,
      requestHeaders,
    };
  }

  #headers(queued: Queued, body: string): Record<string, string> {
    return {
      accept: '*/*',
      'content-type': 'application/json',
      'user-agent': 'GitHub-Hookshot/0000000',
      'x-github-delivery': queued.guid,
      'x-github-event': queued.event,
      'x-github-hook-id': String(this.hook.id),
      'x-github-hook-installation-target-id': String(this.#context.appId),
      'x-github-hook-installation-target-type': 'integration',
      'x-hub-signature-256': `sha256=${createHmac('sha256', this.hook.secret).update(body).digest('hex')}`,
    };
  }
}

type Received = Pick<Delivery, 'status' | 'statusText' | 'responseHeaders' | 'responseBody'>;

async function post(
  url: string,
  headers: Record<string, string>,
  body: string,
  signal: AbortSignal,
): Promise<Received> {
  try {
    const response = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'manual' });
    const responseBody = await response.text();
    const statusText = response.ok ? 'OK' : `Invalid HTTP Response: ${response.status}`;
    return {
      status: response.status,
      statusText,
      responseHeaders: Object.fromEntries(response.headers),
      responseBody,
    };
  } catch (error) {
    const timedOut = error instanceof Error && error.name === 'TimeoutError';
    return {
      status: 0,
      statusText: timedOut ? 'timed out' : 'failed to connect to host',
      responseHeaders: {},
      responseBody: '',
    };
  }
}
