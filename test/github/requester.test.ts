import { describe, expect, it } from 'vitest';
import { defaultRepositorySettings } from '../../src/config/repository.ts';
import { confirmRequester } from '../../src/github/requester.ts';
import type { Task } from '../../src/task/glossary.ts';
import { aRequest } from '../support/tasks.ts';
import { failure, fakeGithub } from './handling.ts';

const { permissions } = defaultRepositorySettings({ github: { permissionsFloor: 'write' } as never });

function confirm(task: { requester: string; requesterId: number }, answer: () => unknown) {
  const { github } = fakeGithub(answer);
  const ask = confirmRequester({ github, bots: [70], permissions: () => permissions });
  return ask(aRequest(task) as Task);
}

const ANN = { requester: 'ann', requesterId: 9 };
const role = (permission: string, id = 9) => ({
  permission,
  role_name: permission,
  user: { id, login: 'ann' },
});

describe('who asked for a task', () => {
  it('may go on with write access', async () => {
    await expect(confirm(ANN, () => role('write'))).resolves.toBeUndefined();
  });

  it.each([
    ['has less access now', () => role('read')],
    ['has a login that is somebody else’s now', () => role('admin', 10)],
    ['is gone', () => Promise.reject(failure(404, 'Not Found'))],
  ])('may not when the person %s', async (_, answer) => {
    await expect(confirm(ANN, answer)).rejects.toMatchObject({ code: 'E_ACCESS_LOST' });
  });

  it.each([
    ['refuses to tell', failure(403, 'Resource not accessible by integration'), 'E_GITHUB'],
    ['answers with a fault', failure(502, 'Bad Gateway'), 'E_GITHUB_AWAY'],
    ['says that it was asked too often', failure(403, 'secondary rate limit'), 'E_GITHUB_AWAY'],
    ['can’t be reached', new Error('connect ECONNREFUSED'), 'E_GITHUB_AWAY'],
  ])('has no yes while GitHub %s', async (_, error, code) => {
    await expect(confirm(ANN, () => Promise.reject(error))).rejects.toMatchObject({ code });
  });

  it('is let in as a bot only by the server’s settings', async () => {
    const nobody = () => Promise.reject(failure(404, 'Not Found'));
    await expect(confirm({ requester: 'x[bot]', requesterId: 70 }, nobody)).resolves.toBeUndefined();
    await expect(confirm({ requester: 'y[bot]', requesterId: 71 }, nobody)).rejects.toMatchObject({
      code: 'E_ACCESS_LOST',
    });
    // A person's number among the bots' gives nothing.
    await expect(confirm({ requester: 'ann', requesterId: 70 }, nobody)).rejects.toMatchObject({
      code: 'E_ACCESS_LOST',
    });
  });
});
