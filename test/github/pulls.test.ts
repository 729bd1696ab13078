import { describe, expect, it } from 'vitest';
import { openPulls } from '../../src/github/pulls.ts';
import { renderCheck } from '../../src/github/report/check.ts';
import { decorate } from '../../src/github/report/decorate.ts';
import { acknowledge, reportComment } from '../../src/github/report/sticky.ts';
import { silentLog } from '../../src/shared/log.ts';
import type { Request, Task } from '../../src/task/glossary.ts';
import { fakeClock } from '../support/clock.ts';
import { memoryStore, queued } from '../support/tasks.ts';
import { failure, fakeGithub } from './handling.ts';

/** A task with commits on its branch, and its pull request as GitHub shows it. */
function pushed(answer: (route: string) => unknown, changes: Partial<Request> = {}) {
  const store = memoryStore();
  const fake = fakeGithub(answer);
  const shared = { ...fake, store, clock: fakeClock(), log: silentLog() };
  const settings = '{"labels":{"trigger":"orch","pullRequest":["robot"]}}';
  const { id } = queued(store, { settings, ...changes });
  store.tasks.update(id, 0, { branch: 'orch/T1', target: 'main', head: 'abc' });
  const task = () => store.tasks.get(id) as Task;
  return { ...shared, task, pulls: openPulls(shared), [Symbol.dispose]: () => store.close() };
}

const PULL = { number: 2, html_url: 'https://github.com/acme/shop/pull/2', base: { ref: 'main' } };

it.each([true, false])('a pull request that is found is a draft where GitHub says so: %s', async draft => {
  using world = pushed(() => [{ ...PULL, draft }]);
  await world.pulls.find(world.task());
  const opened = world.store.journal.ofTask(1).find(event => event.type === 'pull:opened');
  expect(opened?.data).toMatchObject({ number: 2, draft });
});

it('a title says what it shows', async () => {
  using world = pushed(route => {
    if (route === 'GET /repos/{owner}/{repo}/pulls') return [];
    if (route === 'POST /repos/{owner}/{repo}/pulls') return { ...PULL, draft: false };
  });
  await world.pulls.open(world.task(), { title: 'Fix\u200b\u202e it', body: '', draft: false });
  expect(world.asked.at(-1)?.params).toMatchObject({ title: 'Fix it' });
});

it('says what it builds on and whose approval is their own, and leaves the agent’s text as it is', async () => {
  using world = pushed(route => {
    if (route === 'GET /repos/{owner}/{repo}/pulls') return [];
    if (route === 'GET /repos/{owner}/{repo}/branches/{branch}') return { protected: true };
    if (route === 'POST /repos/{owner}/{repo}/pulls') return { ...PULL, draft: false };
  });
  const { store } = world;
  store.tasks.update(1, 0, { state: 'completed', pull: 9, pullState: 'open' });
  const { id } = queued(store);
  store.dependencies.add(id, 1);
  store.tasks.update(id, 0, { branch: 'orch/T2', target: 'main', head: 'abc' });
  await world.pulls.open(store.tasks.get(id) as Task, { title: 'Fix', body: 'All **of it**.', draft: false });
  expect(world.asked.at(-1)?.params.body).toMatch(
    /^All \*\*of it\*\*\.\n\nCloses #42\. Builds on #9 \(T1\), which is not merged yet\. `main` is protected\./,
  );
});

describe('what was asked for at no issue', () => {
  it('has a pull request that closes none, and no comment', async () => {
    const answer = (route: string) => {
      if (route === 'GET /repos/{owner}/{repo}/pulls') return [];
      if (route === 'POST /repos/{owner}/{repo}/pulls') return { ...PULL, draft: false };
    };
    using world = pushed(answer, { issue: 0, comment: null, requester: 'ann' });
    await world.pulls.open(world.task(), { title: 'Fix it', body: 'Fixed.', draft: false });
    const body = 'Fixed.\n\n<sub>T1, asked by @ann.</sub>\n<!-- orch:pull T1 -->';
    expect(world.asked.at(-1)?.params).toMatchObject({ body });
    const calls = world.asked.length;
    await acknowledge({ ...world, sandbox: '' }, world.octokit, world.task());
    await reportComment({ ...world, sandbox: '' }, world.octokit, world.task());
    expect(world.asked).toHaveLength(calls);
    expect(renderCheck(world.task(), undefined, '', true, 'Not sandboxed.').output.summary).toContain(
      'Asked by `ann`. Not sandboxed.',
    );
  });
});

describe('labels and the request for a review', () => {
  const wishes = (asked: { route: string }[]) =>
    asked.map(({ route }) => /labels$|requested_reviewers$/.exec(route)?.[0]).filter(Boolean);

  async function opened(fails: (route: string) => void) {
    const world = pushed(route => {
      fails(route);
      if (route === 'GET /repos/{owner}/{repo}/pulls') return [];
      if (route === 'POST /repos/{owner}/{repo}/pulls') return { ...PULL, draft: false };
    });
    await world.pulls.open(world.task(), { title: 'Fix', body: '', draft: false });
    return { ...world, decorate: () => decorate({ ...world, sandbox: '' }, world.octokit, world.task()) };
  }

  it('come again after an outage, and not once they have been made', async () => {
    let away = 1;
    using world = await opened(route => {
      if (route.endsWith('/requested_reviewers') && away-- > 0) throw failure(502, 'Bad Gateway');
    });
    await expect(world.decorate()).rejects.toThrow('Bad Gateway');
    await world.decorate();
    await world.decorate();
    expect(wishes(world.asked)).toEqual(['labels', 'requested_reviewers', 'labels', 'requested_reviewers']);
  });

  it('are given up when GitHub refuses', async () => {
    using world = await opened(route => {
      if (route.endsWith('/labels')) throw failure(422, 'Validation Failed');
    });
    await world.decorate();
    await world.decorate();
    expect(wishes(world.asked)).toEqual(['labels', 'requested_reviewers']);
  });

  it('are not for a pull request that somebody opened by hand', async () => {
    using world = pushed(() => [{ ...PULL, draft: false }]);
    await world.pulls.find(world.task());
    await decorate({ ...world, sandbox: '' }, world.octokit, world.task());
    expect(wishes(world.asked)).toEqual([]);
  });
});
