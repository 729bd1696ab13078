import { beforeEach, describe, expect, it, vi } from 'vitest';
import { enqueue } from '../../src/action/enqueue.ts';
import { cancel } from '../../src/queue/change.ts';
import { OrchError } from '../../src/shared/errors.ts';
import { fakeClock } from '../support/clock.ts';
import { claimed, NOW } from '../support/tasks.ts';
import { jobOf, served } from './server.ts';

const never = new AbortController().signal;
const printed: string[] = [];
beforeEach(() => {
  printed.length = 0;
  vi.spyOn(process.stdout, 'write').mockImplementation(text => printed.push(String(text)) > 0);
  return () => vi.restoreAllMocks();
});

const comment = (body: string) => ({
  action: 'created',
  sender: { login: 'bea' },
  issue: { number: 12 },
  comment: { body },
});

describe('what is handed over', () => {
  it('is the task that the workflow names, for who has started it', async () => {
    await using orch = await served();
    const options = {
      ...{ agent: 'claude', timeoutSeconds: 5400, priority: 'high' as const, base: 'next' },
      budget: { usd: 2.5, tokens: 500_000 },
    };
    const story = await enqueue(orch.inputs({ options }), jobOf('schedule', {}), never);
    expect(story).toMatchObject({ id: 'T1', status: 'queued', runs: [], instruction: 'mend it' });
    const at = { repository: 'acme/shop', issue: null, requester: 'ann' };
    expect(orch.asked).toEqual([{ at, instruction: 'mend it', options }]);
    expect(printed.join('')).toMatch(/^T1 is queued at http:/);
  });

  it('belongs to the issue that is named', async () => {
    await using orch = await served();
    await enqueue(orch.inputs({ issue: 4 }), jobOf('push', {}), never);
    expect(orch.asked[0]?.at).toEqual({ repository: 'acme/shop', issue: 4, requester: 'ann' });
  });

  const inReview = { action: 'submitted', sender: { login: 'bea' }, pull_request: { number: 12 } };
  it.each([
    ['a comment', 'issue_comment', comment('/orch --after T3 --model opus fix it')],
    ['a review', 'pull_request_review', { ...inReview, review: { body: '/orch --model opus fix it' } }],
    [
      'a comment in a review',
      'pull_request_review_comment',
      { ...inReview, action: 'created', comment: { body: '/orch --model opus fix it' } },
    ],
  ])('is what %s asks for, for who wrote it', async (_what, name, payload) => {
    await using orch = await served();
    const inputs = orch.inputs({ task: null, options: { agent: 'claude', model: 'sonnet' } });
    await enqueue(inputs, jobOf(name, payload), never);
    expect(orch.asked[0]).toMatchObject({
      at: { repository: 'acme/shop', issue: 12, requester: 'bea' },
      instruction: 'fix it',
      options: { agent: 'claude', model: 'opus' },
    });
  });

  it.each([
    ['a comment that is none of its business', 'issue_comment', comment('thanks!')],
    ['an edited comment', 'issue_comment', { ...comment('/orch fix it'), action: 'edited' }],
    ['a review without words', 'pull_request_review', { ...inReview, review: { body: null } }],
  ])('is nothing of %s', async (_what, name, payload) => {
    await using orch = await served();
    expect(await enqueue(orch.inputs({ task: null }), jobOf(name, payload), never)).toBeNull();
    expect(orch.calls).toBe(0);
  });

  it.each([
    ['an event that says nothing', 'push', { ref: 'refs/heads/main' }, 'E_INPUT', '`push` does not say'],
    [
      'a label',
      'issues',
      { ...comment(''), action: 'labeled', comment: undefined },
      'E_USAGE',
      'instruction',
    ],
    [
      'two commands',
      'issue_comment',
      comment('/orch fix it\n\n/orch fix that'),
      'E_USAGE',
      'one instruction',
    ],
    ['another command', 'issue_comment', comment('/orch cancel'), 'E_USAGE', 'one instruction'],
    ['a mistyped command', 'issue_comment', comment('/orch cancle'), 'E_USAGE', 'cancel'],
  ])('is refused for %s', async (_what, name, payload, code, says) => {
    await using orch = await served();
    await expect(enqueue(orch.inputs({ task: null }), jobOf(name, payload), never)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(says),
    });
    expect(orch.calls).toBe(0);
  });
});

describe('waiting', () => {
  it('tells how the task goes, also when nobody answers for a while, until it is over', async () => {
    const [clock, theirs] = [fakeClock(), fakeClock(NOW)];
    await using orch = await served({ clock: theirs });
    const told = enqueue(orch.inputs({ wait: true }), jobOf('schedule', {}), never, clock);
    const calls = (count: number) =>
      vi.waitFor(() => expect([orch.calls, theirs.waiting]).toEqual([count, 1]), { timeout: 15_000 });
    await calls(2);
    claimed(orch.store);
    await theirs.advance(45_000);
    await calls(3);
    orch.isAway = true;
    orch.hangUp();
    await vi.waitFor(() => expect(clock.waiting).toBe(1), { timeout: 15_000 });
    orch.isAway = false;
    cancel(orch.store, 1, 'cancelled by ann', NOW);
    await clock.advance(5000);
    expect(await told).toMatchObject({ id: 'T1', status: 'cancelled', reason: 'cancelled by ann' });
    expect(printed.slice(1)).toEqual(['T1 is starting.\n']);
  });

  it('ends when nobody answers for ten minutes', async () => {
    const clock = fakeClock();
    await using orch = await served();
    const told = enqueue(orch.inputs({ wait: true }), jobOf('schedule', {}), never, clock);
    const ended = told.catch(error => error.code);
    await vi.waitFor(() => expect(orch.calls).toBe(2), { timeout: 15_000 });
    orch.isAway = true;
    orch.hangUp();
    await vi.waitFor(() => expect(clock.waiting).toBe(1), { timeout: 15_000 });
    await clock.advance(600_000);
    await vi.waitFor(() => expect(clock.waiting).toBe(1), { timeout: 15_000 });
    await clock.advance(600_000);
    expect(await ended).toBe('E_NO_DAEMON');
  });

  it('ends with the job, and leaves the task to itself', async () => {
    await using orch = await served();
    const job = new AbortController();
    const told = enqueue(orch.inputs({ wait: true }), jobOf('schedule', {}), job.signal);
    await vi.waitFor(() => expect(orch.calls).toBe(2), { timeout: 15_000 });
    job.abort();
    expect(await told).toMatchObject({ id: 'T1', status: 'queued' });
    expect(printed.join('')).toContain('T1 goes on without this job. To stop it, comment: /orch cancel T1');
  });
});

describe('an Orch that does not take it', () => {
  it.each([
    ['is not there', { url: 'http://127.0.0.1:9', token: 'x' }, 'E_NO_DAEMON', 'ECONNREFUSED'],
    ['does not know the token', { token: 'wrong' }, 'E_UNAUTHORIZED', 'token'],
  ])('because it %s is told with what to do', async (_why, api, code, says) => {
    await using orch = await served();
    const inputs = orch.inputs();
    const asked = enqueue(
      { ...inputs, api: { ...inputs.api, ...api } as never },
      jobOf('schedule', {}),
      never,
    );
    await expect(asked).rejects.toMatchObject({ code, message: expect.stringContaining(says) });
  });

  it('says what it says', async () => {
    const no = new OrchError('E_NO_ACCESS', 'Sorry, `ann`', { remedy: 'Ask Bea.' });
    await using orch = await served({ ask: () => Promise.reject(no) });
    await expect(enqueue(orch.inputs(), jobOf('schedule', {}), never)).rejects.toMatchObject({
      ...{ code: 'E_NO_ACCESS', message: 'Sorry, `ann`', remedy: 'Ask Bea.' },
    });
  });

  it('or is none is told too', async () => {
    await using orch = await served();
    orch.isAway = true;
    await expect(enqueue(orch.inputs(), jobOf('schedule', {}), never)).rejects.toMatchObject({
      code: 'E_NO_DAEMON',
      message: expect.stringMatching(/^What answers at http:.* with 502 is no Orch$/),
    });
  });

  it('on the runner’s host is looked for at home', async () => {
    vi.stubEnv('ORCH_HOME', '/nowhere/at/all');
    await expect(
      enqueue({ ...(await quiet()), api: null }, jobOf('schedule', {}), never),
    ).rejects.toMatchObject({
      code: 'E_NO_DAEMON',
      message: "No Orch answers at the runner's host: ENOENT",
      remedy: expect.stringContaining('orch serve'),
    });
    vi.unstubAllEnvs();
  });
});

async function quiet() {
  await using orch = await served();
  return orch.inputs();
}
