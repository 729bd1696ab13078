import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Probot, ProbotOctokit } from 'probot';
import { describe, expect, it } from 'vitest';
import { connectGithub } from '../../src/github/client.ts';
import { openPace } from '../../src/github/pace.ts';
import { startRedelivery } from '../../src/github/redeliver.ts';
import { silentLog } from '../../src/shared/log.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { fakeClock } from '../support/clock.ts';
import { memoryStore } from '../support/tasks.ts';

const MINUTE = 60_000;

/** A GitHub whose deliveries go into an inbox, or nowhere while `isDown`. */
async function receiving() {
  const clock = fakeClock(Date.now());
  await using stack = new AsyncDisposableStack();
  const github = stack.use(await startSimulator({ clock }));
  const store = stack.use(memoryStore());
  let isDown = true;
  const server = createServer((request, response) => {
    const { 'x-github-delivery': guid, 'x-github-event': event } = request.headers;
    if (!isDown) store.inbox.add(String(guid), String(event), '{}', clock.now());
    response.writeHead(isDown ? 503 : 202).end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  stack.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  github.setWebhook(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  github.addUser('acme', { type: 'Organization' });
  await github.createRepository({ owner: 'acme', name: 'shop', files: { 'a.txt': 'a\n' } });
  github.installApp('acme');
  await github.idle();
  const probot = new Probot({
    appId: Number(github.credentials.APP_ID),
    privateKey: github.credentials.PRIVATE_KEY,
    baseUrl: `${github.url}/api/v3`,
    log: silentLog(),
    Octokit: ProbotOctokit.defaults({ throttle: { enabled: false } }) as typeof ProbotOctokit,
  });
  const pace = openPace({ clock, log: silentLog(), limits: [], recent: () => [] });
  const client = connectGithub(probot, { webBaseUrl: github.url, clock, pace });
  const sweep = async () => {
    const sweeping = startRedelivery({
      store,
      github: client,
      clock,
      log: silentLog(),
      events: new Set(['issues']),
      intervalSeconds: 300,
    });
    await sweeping.stop();
    await github.idle();
  };
  const open = () => github.openIssue('acme/shop', { title: 'A', user: 'acme' });
  const owned = stack.move();
  return {
    github,
    clock,
    store,
    sweep,
    open,
    up: () => {
      isDown = false;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

describe('fault: deliveries are lost while Orch is down', () => {
  it('they are asked for again at its start, all that are not in the inbox and no others', async () => {
    await using b = await receiving();
    for (let n = 0; n < 3; n += 1) await b.open();
    await b.github.idle();
    // What Orch does not handle fills a whole page of the log.
    const { log } = b.github.world.deliveries;
    for (let n = 0; n < 100; n += 1)
      log.push({ ...log[0], id: b.github.world.newId(), event: 'push' } as never);
    b.up();
    await b.clock.advance(2 * MINUTE);
    await b.open();
    await b.github.idle();
    expect(b.store.inbox.waiting()).toBe(1);
    await b.sweep();
    expect(b.store.inbox.waiting()).toBe(4);
    const sent = b.github.world.deliveries.log.length;
    await b.clock.advance(2 * MINUTE);
    await b.sweep();
    expect(b.github.world.deliveries.log.length).toBe(sent);
  });
});
