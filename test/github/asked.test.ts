import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AskedAt, Wish } from '../../src/forge/wish.ts';
import { githubAsk } from '../../src/github/asked.ts';
import { REPOSITORY, repositoryOf, startTestApp, type TestApp } from '../support/app.ts';
import { failure, handling, WRITER } from './handling.ts';

const wish = (instruction: string): Wish => ({
  instruction,
  options: {},
  contextFiles: [],
  source: null,
  needs: [],
  parent: null,
});

describe('what is asked for over the API of the App', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp({ settings: { github: { throttle: false, allow_repositories: ['acme/*'] } } });
    app.github.addUser('robot', { type: 'Bot' });
  });
  afterAll(async () => await app[Symbol.asyncDispose]());

  const ask = async (at: Partial<AskedAt> | null, ...instructions: string[]) =>
    await app.daemon.ask(
      instructions.map(wish),
      at && { repository: REPOSITORY, issue: null, requester: 'writer', ...at },
    );

  it('at no issue ends with a pull request that closes none', async () => {
    const [asked] = await ask({}, 'tidy up');
    expect(asked).toMatchObject({ kind: 'queued', notes: [], task: { issue: 0, requester: 'writer' } });
    const again = await ask({}, 'tidy up');
    expect(again[0]).toMatchObject({ kind: 'duplicate', task: { id: asked?.task.id } });
    const { pull } = await app.ended(asked?.task.id as number, 'completed');
    await app.quiet();
    const body = repositoryOf(app.github).issues.get(pull as number)?.body;
    expect(body).toMatch(/^Fixed\.\n\n<sub>T\d+, asked by @writer\.<\/sub>/);
    expect(app.comments(1)).toEqual([]);
  });

  it('at an issue is told there, with what was said before', async () => {
    await app.github.comment(REPOSITORY, 1, 'Mind the discount.', 'writer');
    const [asked] = await ask({ issue: 1 }, 'fix the total');
    const { pull, conversation } = await app.ended(asked?.task.id as number, 'completed');
    await app.quiet();
    expect(conversation).toContain('Mind the discount.');
    expect(repositoryOf(app.github).issues.get(pull as number)?.body).toContain('Closes #1.');
    expect(app.comments(1).join()).toContain(`T${asked?.task.id} is completed`);
  });

  it('on a pull request of a task goes on there', async () => {
    const origin = app.daemon.store.tasks.list(1)[0];
    const [asked] = await ask({ issue: origin?.pull as number }, 'and the tax');
    expect(asked?.task).toMatchObject({ continues: origin?.id, pull: origin?.pull, onPullRequest: true });
  });

  it.each<[string, Partial<AskedAt> | null, string, string]>([
    ['no repository', null, 'E_USAGE', 'none is named'],
    ['somebody who may not', { requester: 'reader' }, 'E_NO_ACCESS', 'write access'],
    ['nobody', { requester: 'ghostly' }, 'E_NO_ACCESS', 'ghostly'],
    ['a bot that the settings do not name', { requester: 'robot' }, 'E_NO_ACCESS', 'policies.bots'],
    ['Orch itself', { requester: 'orch-simulated[bot]' }, 'E_NO_ACCESS', 'policies.bots'],
    ['an issue that is not there', { issue: 999 }, 'E_UNKNOWN_ISSUE', '#999'],
    ['a repository elsewhere', { repository: 'other/shop' }, 'E_UNKNOWN_REPOSITORY', 'allow_repositories'],
    ['a repository that is not there', { repository: 'acme/none' }, 'E_UNKNOWN_REPOSITORY', 'not installed'],
  ])('is refused for %s', async (_what, at, code, says) => {
    const before = app.daemon.store.tasks.list(1)[0]?.id;
    await expect(ask(at, 'anything')).rejects.toMatchObject({ code, message: expect.stringContaining(says) });
    expect(app.daemon.store.tasks.list(1)[0]?.id).toBe(before);
  });
});

describe('what GitHub answers', () => {
  const at = { repository: 'acme/shop', issue: 12, requester: 'writer' };
  const found = { id: 7, full_name: 'acme/shop', default_branch: 'main' };
  const answers = (issue: () => unknown) => (route: string) => {
    if (route.endsWith('/installation')) return { id: 5, suspended_at: null };
    if (route.endsWith('/access_tokens')) return { repositories: [found] };
    if (route.startsWith('GET /users/')) return WRITER;
    if (route.endsWith('/issues/{issue_number}')) return issue();
  };

  it('of an issue that was moved is told', async () => {
    const moved = { number: 3, title: 'Moved', repository_url: 'https://api.github.com/repos/acme/lab' };
    using world = handling({ answer: answers(() => moved) });
    await expect(githubAsk(world.context)([wish('anything')], at)).rejects.toMatchObject({
      code: 'E_UNKNOWN_ISSUE',
      message: 'The issue was moved to acme/lab#3: ask there',
    });
  });

  it.each([
    [502, 'E_GITHUB_AWAY', 'ask again'],
    [451, 'E_GITHUB', 'says why'],
  ])('with %i queues nothing', async (status, code, remedy) => {
    const answer = answers(() => {
      throw failure(status, 'No');
    });
    using world = handling({ answer });
    await expect(githubAsk(world.context)([wish('anything')], at)).rejects.toMatchObject({
      code,
      remedy: expect.stringContaining(remedy),
    });
    expect(world.store.tasks.list(1)).toEqual([]);
  });
});
