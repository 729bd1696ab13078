import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { homeOf } from '../../src/action/open.ts';
import { runTask } from '../../src/action/run.ts';
import { openJobHome } from '../../src/daemon/job-home.ts';
import type { Issue } from '../../src/simulator/model.ts';
import { REPOSITORY, repositoryOf } from '../support/app.ts';
import { MAY, startTestJobs, type TestJobs } from '../support/job.ts';
import { queued } from '../support/tasks.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { jobOf } from './server.ts';

let jobs: TestJobs;
beforeAll(async () => {
  jobs = await startTestJobs();
});
afterAll(() => jobs[Symbol.asyncDispose]());

const refs = () => repositoryOf(jobs.github).git.refs();

describe('a job', () => {
  it('does what a schedule says, tells its agent that nobody answers, and another goes on from there', async () => {
    const event = { name: 'schedule', payload: { schedule: '0 5 * * 1' } };
    const agent = `orch ask 'Which one?' > answer.txt && git add answer.txt && git commit -qm Answer &&
      git push -q && gh pr create --title Answer --body Answered. && orch done`;
    const story = await jobs.run({ event, agent, inputs: { task: 'update all' } });
    expect(story).toMatchObject({ status: 'completed', question: null });
    const { git } = repositoryOf(jobs.github);
    expect(await git.run(['show', `${story?.head}:answer.txt`])).toContain('Nobody can answer you here');
    const { body, number } = [...repositoryOf(jobs.github).issues.values()].at(-1) as Issue;
    expect(body).toContain(`${story?.id}, asked by @writer`);
    expect(body).not.toContain('Closes');

    const more = `echo more > more.txt && git add more.txt && git commit -qm More && git push -q && orch done`;
    const next = await jobs.run({ event: await jobs.commented(number, '/orch add more'), agent: more });
    expect(next).toMatchObject({ status: 'completed', branch: story?.branch, pull_request: { number } });
    expect(await git.run(['log', '--format=%s', `main..${next?.head}`])).toBe('More\nAnswer');
  });
});

it('a command in a comment of a review is answered below it', async () => {
  const { github } = jobs;
  await github.pushCommit(REPOSITORY, 'reviewed', { 'reviewed.txt': 'x\n' }, 'writer');
  const pull = { title: 'Reviewed', head: 'reviewed', base: 'main', user: 'writer' };
  const { number, pull: opened } = await github.openPull(REPOSITORY, pull);
  const words = { path: 'reviewed.txt', line: 1, body: '/orch help' };
  await github.review(REPOSITORY, number, { event: 'COMMENT', comments: [words], user: 'writer' });
  const { id } = opened.reviewComments[0] as { id: number };
  const { name, payload } = jobs.event('pull_request_review_comment.created', number);
  const { in_reply_to_id: _, ...example } = (payload as { comment: { in_reply_to_id?: number } }).comment;
  const comment = { ...example, id, body: words.body };
  expect(await jobs.run({ event: { name, payload: { ...payload, comment } } })).toBeNull();
  expect(opened.reviewComments.map(({ inReplyTo }) => inReplyTo)).toEqual([null, id]);
  expect(opened.reviewComments[1]?.body).toContain('- `/orch status');
  expect(jobs.told(number)).toEqual([]);
});

describe('nothing is begun, and the error says what to do,', () => {
  it.each([
    [{ contents: 'read' }, '`contents: write`'],
    [{ issues: 'read', pull_requests: 'read' }, '`pull-requests: write`'],
  ] as const)('where the token lacks a permission: %j', async (less, named) => {
    const issue = await jobs.issue('No permission');
    const story = await jobs.run({
      permissions: { ...MAY, ...less },
      inputs: { task: 'fix it', issue },
    });
    expect(story).toMatchObject({ status: 'failed', runs: [], pull_request: null });
    expect(story?.reason).toContain(named);
    expect(story?.reason).toContain('under `permissions:` of the job');
  });

  it('whatever asks, be it a label or a review', async () => {
    const issue = await jobs.issue('By a label');
    const permissions = { ...MAY, contents: 'read' } as const;
    const labelled = await jobs.run({ permissions, event: jobs.event('issues.labeled', issue) });
    expect(labelled).toMatchObject({ status: 'failed', issue, instruction: 'By a label' });
    await jobs.github.pushCommit(REPOSITORY, 'change', { 'other.txt': 'x\n' }, 'writer');
    const pull = { title: 'Mine', head: 'change', base: 'main', user: 'writer' };
    const { number } = await jobs.github.openPull(REPOSITORY, pull);
    const reviewed = jobs.event('pull_request_review.submitted', number);
    expect(await jobs.run({ permissions, event: reviewed })).toMatchObject({
      status: 'failed',
      issue: number,
      instruction: 'name it better',
    });
  });

  it('where GitHub takes the token no longer', async () => {
    const match = { method: 'POST', path: /\/git\/refs$/ } as const;
    jobs.github.faults.add({ match, effect: { kind: 'status', status: 401 } });
    expect(await jobs.run({ inputs: { task: 'fix it' } })).toMatchObject({
      status: 'failed',
      reason: expect.stringContaining('E_GITHUB: GitHub does not take the token'),
      runs: [],
    });
  });

  it('where an agent is not known', async () => {
    const issue = await jobs.issue('Another agent');
    const event = await jobs.commented(issue, '/orch --agent nobody fix it');
    await expect(jobs.run({ event })).rejects.toThrow('nobody');
    expect(jobs.told(issue)).toEqual([expect.stringContaining('E_UNKNOWN_AGENT')]);
  });

  it('where the pull request comes from a fork', async () => {
    const { github } = jobs;
    await github.forkRepository(REPOSITORY, 'writer');
    await github.pushCommit('writer/shop', 'change', { 'other.txt': 'x\n' }, 'writer');
    const pull = { title: 'Mine', head: 'writer:change', base: 'main', user: 'writer' };
    const { number } = await github.openPull(REPOSITORY, pull);
    const run = jobs.run({ event: await jobs.commented(number, '/orch fix it') });
    await expect(run).rejects.toMatchObject({ code: 'E_FORK' });
  });

  it('where there is no agent', async () => {
    const run = jobs.run({ inputs: { task: 'fix it' }, settings: { agents: {} }, path: '/usr/bin:/bin' });
    await expect(run).rejects.toThrow(/no agent/i);
  });

  it('where the issue is not there any more', async () => {
    const { github } = jobs;
    await github.createRepository({ owner: 'acme', name: 'other', files: { 'README.md': '# Other\n' } });
    const issue = await jobs.issue('Moves on');
    const event = await jobs.commented(issue, '/orch fix it');
    await github.transferIssue(REPOSITORY, issue, 'acme/other');
    expect(await jobs.run({ event })).toMatchObject({
      status: 'failed',
      reason: expect.stringContaining(`E_UNKNOWN_ISSUE: There is no issue #${issue} in acme/shop`),
      runs: [],
    });
    await expect(jobs.run({ inputs: { task: 'fix it', issue: 4711 } })).rejects.toThrow(
      'There is no issue #4711 in acme/shop',
    );
  });

  it('where a step of the job before this one has done a task', async () => {
    await using temporary = await temporaryDirectory();
    const job = { ...jobOf('schedule', {}), temporary: temporary.path };
    using home = openJobHome(homeOf(job));
    queued(home.store);
    const inputs = {
      mode: 'run',
      task: 'more',
      issue: null,
      options: {},
      settings: null,
      token: 'ghs_1',
    } as const;
    const asked = { kind: 'task', instruction: 'more', issue: null } as const;
    const run = runTask(inputs, job, asked, new AbortController().signal, { HOME: temporary.path });
    await expect(run).rejects.toMatchObject({ code: 'E_QUEUE_FULL' });
  });

  it('where who asks may not', async () => {
    const run = jobs.run({ by: 'stranger', inputs: { task: 'fix it' } });
    await expect(run).rejects.toThrow('Sorry, `stranger`');
    const issue = await jobs.issue('From a stranger');
    const event = await jobs.commented(issue, '/orch fix it', 'stranger');
    expect(await jobs.run({ by: 'stranger', event })).toBeNull();
    expect(jobs.told(issue)).toEqual([expect.stringContaining('Sorry, `stranger`')]);
  });
});

describe('a job that is cancelled', () => {
  it('stops the agent, keeps what it left, and says so', async () => {
    const issue = await jobs.issue('Takes long');
    const cancelled = new AbortController();
    const agent = `
      echo half > half.txt && git add half.txt && git commit -qm Half
      echo more > more.txt && git push -q; sleep 600`;
    const news = jobs.github.onExchange(({ method, path }) => {
      if (method === 'POST' && path.endsWith('/check-runs')) cancelled.abort();
    });
    const given = { inputs: { task: 'fix it slowly', issue }, run: 8_000_000_077, agent };
    const story = await jobs.run({ ...given, cancelled: cancelled.signal });
    news[Symbol.dispose]();
    expect(story).toMatchObject({ status: 'cancelled', reason: 'its workflow run was cancelled' });
    const rescue = 'refs/orch/rescue/T8000000077.1';
    expect(jobs.told(issue)).toEqual([
      expect.stringMatching(
        /🚫 T8000000077 is cancelled[\s\S]*`git fetch origin refs\/orch\/rescue\/T8000000077.1`/,
      ),
    ]);
    const kept = (await refs()).get(rescue) as string;
    expect((await repositoryOf(jobs.github).git.tree(kept)).map(({ path }) => path)).toContain('more.txt');
  });
});
