import { describe, expect, it } from 'vitest';
import { confirmOrder, refuseAgain } from '../../src/action/accept-order.ts';
import type { Job } from '../../src/action/job.ts';
import { readOrder, writeOrder } from '../../src/engine/actions/order.ts';
import type { Github } from '../../src/github/client.ts';
import { anOrder } from '../support/order.ts';

const APP = 'orch[bot]';

describe('an order is carried out', () => {
  it('in the repository that it is for, when an App has dispatched it', async () => {
    await confirm({});
  });

  it('in another one, a central one, by the token of the App that has dispatched it', async () => {
    await confirm({ repository: { ...HERE, id: 8, fullName: 'acme/runs' } });
  });

  it.each([
    ['a person', { event: dispatched('ann', 'User') }, {}, /comes from the App/],
    [
      'another event',
      { event: { ...dispatched(APP, 'Bot'), name: 'repository_dispatch' } },
      {},
      /comes from the App/,
    ],
    ['nobody', { event: { name: 'workflow_dispatch', payload: {} } }, {}, /comes from the App/],
    ['an App, for a branch that is none of its own', {}, { branch: 'main' }, /`main` is none of Orch's/],
    [
      'another App than that whose token a central one has',
      { event: dispatched('other[bot]', 'Bot'), repository: { ...HERE, id: 8 } },
      {},
      /`token` is orch\[bot\]'s, not of the App other\[bot\] that sent it/,
    ],
  ])('not for %s', async (_, job, task, message) => {
    await expect(confirm(job, task)).rejects.toThrow(
      expect.objectContaining({ code: 'E_INPUT', message: expect.stringMatching(message) }),
    );
  });

  it('once: not in a re-run', () => {
    refuseAgain(aJob({}));
    expect(() => refuseAgain(aJob({ run: { ...RUN, attempt: 2 } }))).toThrow(
      expect.objectContaining({ code: 'E_INPUT', remedy: 'Retry the task: comment /orch retry.' }),
    );
  });
});

const HERE: Job['repository'] = { fullName: 'acme/shop', id: 7, isPublic: false };
const RUN: Job['run'] = { id: 9, attempt: 1, url: '' };

function confirm(job: Partial<Job>, task: Parameters<typeof anOrder>[0] = {}): Promise<void> {
  const github: Pick<Github, 'identity'> = {
    identity: async () => ({ appId: null, login: APP, userId: 1, email: '' }),
  };
  return confirmOrder(readOrder(writeOrder(anOrder(task)).order), aJob(job), github);
}

function aJob(changes: Partial<Job>): Job {
  return {
    event: dispatched(APP, 'Bot'),
    repository: HERE,
    run: RUN,
    actor: { login: APP, id: 1 },
    apiUrl: 'https://api.github.com',
    serverUrl: 'https://github.com',
    temporary: '/tmp',
    isSelfHosted: true,
    ...changes,
  };
}

function dispatched(login: string, type: string): Job['event'] {
  return { name: 'workflow_dispatch', payload: { sender: { login, type } } };
}
