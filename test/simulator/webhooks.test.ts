import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { verify } from '@octokit/webhooks-methods';
import { describe, expect, it } from 'vitest';
import { manualClock, type TestGitHub, testGitHub } from '../support/github.ts';

const SHOP = '/repos/acme/shop';

async function openIssues(github: TestGitHub, ...titles: string[]): Promise<void> {
  for (const title of titles) await github.simulator.openIssue('acme/shop', { title, user: 'ada' });
  await github.simulator.idle();
}

function titles(github: TestGitHub): string[] {
  return github.received.map(({ payload }) => payload.issue.title);
}

describe('webhooks', () => {
  it('are signed and named as those of GitHub', async () => {
    await using github = await testGitHub();
    await openIssues(github, 'Ünïcode ✓');
    const [delivery] = github.received;
    const { WEBHOOK_SECRET, APP_ID } = github.simulator.credentials;
    expect(
      await verify(WEBHOOK_SECRET, delivery?.body ?? '', String(delivery?.headers['x-hub-signature-256'])),
    ).toBe(true);
    expect(delivery?.headers).toMatchObject({
      'content-type': 'application/json',
      'x-github-event': 'issues',
      'x-github-delivery': expect.stringMatching(/^[0-9a-f-]{36}$/),
      'x-github-hook-id': expect.stringMatching(/^\d+$/),
      'x-github-hook-installation-target-id': APP_ID,
      'x-github-hook-installation-target-type': 'integration',
      'user-agent': expect.stringMatching(/^GitHub-Hookshot\//),
    });
    expect(delivery?.payload).toMatchObject({
      action: 'opened',
      repository: { full_name: 'acme/shop' },
      organization: { login: 'acme' },
      sender: { login: 'ada' },
      installation: { id: expect.any(Number) },
    });
  });

  it('come for what the App subscribed to, where it is installed', async () => {
    await using github = await testGitHub({
      app: { events: ['issue_comment'], permissions: { issues: 'write' } },
    });
    const { simulator } = github;
    await openIssues(github, 'Unheard');
    await simulator.comment('acme/shop', 1, 'Heard', 'ada');
    await simulator.createRepository({ owner: 'ada', name: 'private', files: { a: '' } });
    await simulator.openIssue('ada/private', { title: 'Elsewhere', user: 'ada' });
    await simulator.comment('ada/private', 1, 'Unheard', 'ada');
    expect(await github.events()).toEqual(['issue_comment.created']);
  });

  it('are logged, and sent again under the same id when asked for', async () => {
    await using github = await testGitHub();
    await openIssues(github, 'One', 'Two');
    const { body } = await github.app('GET', '/app/hook/deliveries');
    expect(body.slice(0, 2)).toMatchObject([
      {
        event: 'issues',
        action: 'opened',
        status: 'OK',
        status_code: 200,
        redelivery: false,
        guid: github.received[1]?.id,
      },
      { guid: github.received[0]?.id },
    ]);
    const one = await github.app('GET', `/app/hook/deliveries/${body[1].id}`);
    expect(one.body).toMatchObject({
      request: { payload: { issue: { title: 'One' } } },
      response: { payload: 'ok' },
    });
    expect((await github.app('POST', `/app/hook/deliveries/${body[1].id}/attempts`)).status).toBe(202);
    await github.simulator.idle();
    expect(titles(github)).toEqual(['One', 'Two', 'One']);
    expect(github.received[2]?.id).toBe(github.received[0]?.id);
    expect((await github.app('GET', '/app/hook/deliveries?per_page=1')).body).toMatchObject([
      { redelivery: true },
    ]);
    expect((await github.app('GET', '/app/hook/deliveries/1')).status).toBe(404);
  });

  it('are logged a page at a time, by cursor and by how they went', async () => {
    await using github = await testGitHub();
    const receiver = github.simulator.world.deliveries.hook.url;
    github.simulator.setWebhook('http://127.0.0.1:9/nobody');
    await openIssues(github, 'Lost');
    github.simulator.setWebhook(receiver);
    await openIssues(github, 'Heard');
    const first = await github.app('GET', '/app/hook/deliveries?per_page=1');
    const next = /<[^>]*\/api\/v3([^>]+)>; rel="next"/.exec(first.headers.get('link') ?? '')?.[1];
    const second = await github.app('GET', next ?? '');
    expect(second.body).toMatchObject([{ status: 'failed to connect to host', status_code: 0 }]);
    expect((await github.app('GET', '/app/hook/deliveries?status=failure')).body).toHaveLength(1);
    expect((await github.app('GET', '/app/hook/deliveries?cursor=x')).status).toBe(400);
    expect((await github.app('GET', '/app/hook/config')).body.url).toBe(receiver);
    expect(titles(github)).toEqual(['Heard']);
  });

  it('count as failed when there is no answer within ten seconds, and are not tried again', async () => {
    const clock = manualClock();
    await using github = await testGitHub({ clock });
    const asked = Promise.withResolvers<void>();
    const silent = createServer(() => asked.resolve());
    await once(silent.listen(0, '127.0.0.1'), 'listening');
    github.simulator.setWebhook(`http://127.0.0.1:${(silent.address() as AddressInfo).port}`);
    await github.simulator.openIssue('acme/shop', { title: 'Unheard', user: 'ada' });
    await asked.promise;
    clock.advance(10_000);
    await github.simulator.idle();
    silent.closeAllConnections();
    silent.close();
    expect(github.simulator.world.deliveries.log.at(-1)).toMatchObject({
      status: 0,
      statusText: 'timed out',
    });
    expect((await github.app('GET', '/app/hook/deliveries?status=failure')).body).toHaveLength(1);
  });

  it('go nowhere while no address is set', async () => {
    await using github = await testGitHub();
    github.simulator.setWebhook(null);
    await openIssues(github, 'Unheard');
    expect(github.received).toEqual([]);
  });

  it('get lost, doubled and out of order on demand', async () => {
    await using github = await testGitHub();
    const { faults } = github.simulator;
    faults.add({ match: { delivery: 'issues' }, effect: { kind: 'lose' } });
    await openIssues(github, 'one', 'two');
    faults.add({ match: { delivery: 'issues' }, effect: { kind: 'double' } });
    await openIssues(github, 'three');
    faults.add({ match: { delivery: '*' }, effect: { kind: 'reorder' } });
    await github.simulator.openIssue('acme/shop', { title: 'four', user: 'ada' });
    await openIssues(github, 'five');
    expect(titles(github)).toEqual(['two', 'three', 'three', 'five', 'four']);
    expect(github.received[1]?.id).toBe(github.received[2]?.id);
    faults.add({ match: { delivery: 'issues' }, effect: { kind: 'reorder' } });
    await openIssues(github, 'six');
    expect(titles(github).at(-1)).toBe('six');
  });

  it('are watched by listeners until these are disposed of', async () => {
    await using github = await testGitHub();
    const seen: string[] = [];
    {
      using _listener = github.simulator.onDelivery(({ event, status }) => seen.push(`${event} ${status}`));
      await openIssues(github, 'one');
    }
    await openIssues(github, 'two');
    expect(seen).toEqual(['issues 200']);
  });
});

describe('faults', () => {
  it('answer with a status, as often as said', async () => {
    await using github = await testGitHub();
    const effect = {
      kind: 'status',
      status: 502,
      body: { message: 'Bad Gateway' },
      headers: { 'x-cause': 'test' },
    } as const;
    github.simulator.faults.add({ match: { method: 'GET', path: /\/labels$/ }, times: 2, effect });
    const ada = github.as('ada');
    const statuses = [];
    for (let count = 0; count < 3; count += 1) statuses.push((await ada('GET', `${SHOP}/labels`)).status);
    expect(statuses).toEqual([502, 502, 200]);
    github.simulator.faults.add({ match: {}, times: Number.POSITIVE_INFINITY, effect });
    const failed = await ada('GET', SHOP);
    expect(failed).toMatchObject({ status: 502, body: { message: 'Bad Gateway' } });
    expect(failed.headers.get('x-cause')).toBe('test');
    github.simulator.faults.clear();
    expect((await ada('GET', SHOP)).status).toBe(200);
  });

  it('drop the connection after a write took effect', async () => {
    await using github = await testGitHub();
    github.simulator.faults.add({ match: { method: 'POST', path: /\/issues$/ }, effect: { kind: 'drop' } });
    const ada = github.as('ada');
    await expect(ada('POST', `${SHOP}/issues`, { title: 'Written' })).rejects.toThrow();
    expect((await ada('GET', `${SHOP}/issues`)).body).toMatchObject([{ title: 'Written' }]);
  });

  it('limit rates, refuse credentials and end tokens', async () => {
    await using github = await testGitHub();
    const { faults } = github.simulator;
    const app = await github.installation();
    faults.add({ match: { path: /shop/ }, effect: { kind: 'rate_limit' } });
    const primary = await app('GET', SHOP);
    expect(primary).toMatchObject({
      status: 403,
      body: { message: expect.stringMatching(/^API rate limit exceeded/) },
    });
    expect(primary.headers.get('x-ratelimit-remaining')).toBe('0');
    faults.add({ match: {}, effect: { kind: 'secondary_rate_limit', retryAfterSeconds: 7 } });
    const secondary = await app('GET', SHOP);
    expect([secondary.status, secondary.headers.get('retry-after')]).toEqual([403, '7']);
    faults.add({ match: {}, effect: { kind: 'unauthorized' } });
    expect((await app('GET', SHOP)).status).toBe(401);
    expect((await app('GET', SHOP)).status).toBe(200);
    faults.add({ match: {}, effect: { kind: 'expire_tokens' } });
    expect([(await app('GET', SHOP)).status, (await app('GET', SHOP)).status]).toEqual([401, 401]);
  });

  it('make answers late, by the clock', async () => {
    const clock = manualClock();
    await using github = await testGitHub({ clock });
    github.simulator.faults.add({ match: {}, effect: { kind: 'latency', milliseconds: 5000 } });
    const delayed = new Promise<void>(resolve => {
      const { after } = clock;
      clock.after = (milliseconds, call) => {
        resolve();
        return after(milliseconds, call);
      };
    });
    const answer = github.as('ada')('GET', SHOP);
    await delayed;
    clock.advance(5000);
    expect((await answer).status).toBe(200);
  });
});
