import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readJob } from '../../src/action/job.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const ENV = {
  GITHUB_EVENT_NAME: 'issue_comment',
  GITHUB_REPOSITORY: 'acme/shop',
  GITHUB_REPOSITORY_ID: '17',
  GITHUB_RUN_ID: '9000000001',
  GITHUB_RUN_ATTEMPT: '2',
  GITHUB_ACTOR: 'olga',
  GITHUB_ACTOR_ID: '3',
  GITHUB_API_URL: 'https://api.github.com',
  GITHUB_SERVER_URL: 'https://github.com',
  RUNNER_ENVIRONMENT: 'self-hosted',
  RUNNER_TEMP: '/runner/_temp',
};

async function read(event: string, env: NodeJS.ProcessEnv = {}) {
  await using folder = await temporaryDirectory();
  const path = join(folder.path, 'event.json');
  writeFileSync(path, event);
  return readJob({ ...ENV, GITHUB_EVENT_PATH: path, ...env });
}

describe('the job', () => {
  it('is read from what the runner tells', async () => {
    const payload = { action: 'created', repository: { private: false } };
    expect(await read(JSON.stringify(payload))).toEqual({
      event: { name: 'issue_comment', payload },
      repository: { fullName: 'acme/shop', id: 17, isPublic: true },
      isSelfHosted: true,
      run: { id: 9_000_000_001, attempt: 2, url: 'https://github.com/acme/shop/actions/runs/9000000001' },
      actor: { login: 'olga', id: 3 },
      apiUrl: 'https://api.github.com',
      serverUrl: 'https://github.com',
      temporary: '/runner/_temp',
    });
  });

  it('is public only where the event says so', async () => {
    for (const event of ['{}', '{"repository":{"private":true}}', '[]', '{"repository":null}'])
      expect((await read(event)).repository.isPublic).toBe(false);
  });

  it.each([
    ['{', {}, "The event of the workflow run can't be read"],
    ['{}', { GITHUB_RUN_ID: 'x', RUNNER_TEMP: '' }, 'The runner does not tell GITHUB_RUN_ID, RUNNER_TEMP'],
  ])('is refused when it can not be read: %s %j', async (event, env, message) => {
    const remedy = expect.stringContaining('start it with `uses:` in a workflow');
    await expect(read(event, env)).rejects.toMatchObject({ code: 'E_INPUT', message, remedy });
  });
});
