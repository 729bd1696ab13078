import { randomUUID } from 'node:crypto';
import { sign } from '@octokit/webhooks-methods';
import { describe, expect, it } from 'vitest';
import { REPOSITORY, repositoryOf, startTestApp, type TestApp } from '../support/app.ts';

/** A delivery such as the simulated GitHub does not make by itself. */
async function deliver(app: TestApp, event: string, payload: object): Promise<void> {
  const repository = repositoryOf(app.github);
  const [installation] = app.github.world.installations.keys();
  const body = JSON.stringify({
    repository: { id: repository.id, full_name: REPOSITORY, default_branch: 'main' },
    installation: { id: installation },
    ...payload,
  });
  const { status } = await fetch(app.github.world.deliveries.hook.url as string, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      'x-github-event': event,
      'x-github-delivery': randomUUID(),
      'x-hub-signature-256': await sign(app.github.credentials.WEBHOOK_SECRET, body),
    },
  });
  expect(status).toBe(202);
}

function person(app: TestApp, login: string) {
  const user = app.github.world.users.get(login);
  return { id: user?.id, login, type: user?.type };
}

const ISSUE = { number: 1, title: 'The total is wrong', body: null, labels: [] };

describe('assigning', () => {
  it('the App asks as the label does', async () => {
    await using app = await startTestApp();
    const assignee = person(app, 'orch-simulated[bot]');
    await deliver(app, 'issues', {
      action: 'assigned',
      issue: ISSUE,
      assignee,
      sender: person(app, 'writer'),
    });
    expect(await app.ended(1, 'completed')).toMatchObject({
      instruction: 'The total is wrong',
      comment: null,
    });
  });

  it('somebody else asks nothing', async () => {
    await using app = await startTestApp();
    await deliver(app, 'issues', {
      action: 'assigned',
      issue: ISSUE,
      assignee: person(app, 'writer'),
      sender: person(app, 'writer'),
    });
    const other = { id: 999_999, login: 'other[bot]', type: 'Bot' };
    await deliver(app, 'issues', {
      action: 'assigned',
      issue: ISSUE,
      assignee: other,
      sender: person(app, 'writer'),
    });
    await app.quiet();
    expect(app.daemon.store.tasks.list(10)).toEqual([]);
  });
});

describe('a bot', () => {
  const comment = { id: 77, body: '/orch fix it' };

  it('is ignored, whatever it says', async () => {
    await using app = await startTestApp();
    const sender = { id: 424_242, login: 'helper[bot]', type: 'Bot' };
    await deliver(app, 'issue_comment', { action: 'created', issue: ISSUE, comment, sender });
    await app.quiet();
    expect(app.daemon.store.tasks.list(10)).toEqual([]);
    expect(app.comments(1)).toEqual([]);
  });

  it('whose id the server’s settings name may command, and the App itself never does', async () => {
    const id = 424_242;
    await using app = await startTestApp({
      settings: { github: { throttle: false }, policies: { bots: [id] } },
    });
    const asked = await app.github.comment(REPOSITORY, 1, 'Please.', 'writer');
    const sender = { id, login: 'helper[bot]', type: 'Bot' };
    const own = person(app, 'orch-simulated[bot]');
    await deliver(app, 'issue_comment', {
      action: 'created',
      issue: ISSUE,
      comment: { ...comment, id: asked.id },
      sender: own,
    });
    await deliver(app, 'issue_comment', {
      action: 'created',
      issue: ISSUE,
      comment: { ...comment, id: asked.id },
      sender,
    });
    await app.ended(1, 'completed');
    expect(app.daemon.store.tasks.list(10)).toMatchObject([{ requester: 'helper[bot]' }]);
  });
});

describe('a pull request from a fork', () => {
  it('is refused', async () => {
    await using app = await startTestApp();
    await app.github.forkRepository(REPOSITORY, 'stranger');
    await app.github.pushCommit('stranger/shop', 'feature', { 'feature.txt': 'new\n' }, 'stranger');
    const pull = await app.github.openPull(REPOSITORY, {
      title: 'Feature',
      head: 'stranger:feature',
      base: 'main',
      user: 'stranger',
    });
    await app.github.comment(REPOSITORY, pull.number, '/orch add a test', 'writer');
    await app.until(() => app.comments(pull.number).some(text => text.includes('E_FORK')));
    expect(app.daemon.store.tasks.list(10)).toEqual([]);
  });
});

describe('a delivery that GitHub fails on', () => {
  it('delays no other issue', async () => {
    await using app = await startTestApp();
    app.github.addUser('other');
    app.github.addCollaborator(REPOSITORY, 'other', 'write');
    const second = await app.github.openIssue(REPOSITORY, { title: 'Slow', body: '', user: 'other' });
    app.github.faults.add({
      match: { method: 'GET', path: /\/collaborators\/writer\/permission$/ },
      times: Number.POSITIVE_INFINITY,
      effect: { kind: 'status', status: 502 },
    });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    await app.github.comment(REPOSITORY, second.number, '/orch fix it', 'other');
    await app.until(() => app.daemon.store.tasks.list(10).length === 1);
    app.github.faults.clear();
    await app.until(() => app.daemon.store.tasks.list(10).length === 2);
    expect(app.daemon.store.tasks.list(10).map(task => task.issue)).toEqual([1, second.number]);
    app.forgive(/permission/);
    await app.quiet();
  });
});

describe('a delivery that makes no sense', () => {
  it('is given up at once, and holds up no other', async () => {
    await using app = await startTestApp();
    await deliver(app, 'issue_comment', { action: 'created', issue: 'nonsense', sender: null });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    await app.ended(1, 'completed');
    // One that waits for another try would keep this from resolving.
    await app.quiet();
  });
});
