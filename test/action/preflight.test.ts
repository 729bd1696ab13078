import { describe, expect, it } from 'vitest';
import type { Workshop } from '../../src/action/open.ts';
import { preflight } from '../../src/action/preflight.ts';
import type { Task } from '../../src/task/glossary.ts';
import { aRequest } from '../support/tasks.ts';

const PUSH = 'POST /repos/{owner}/{repo}/git/refs';
const OPEN = 'POST /repos/{owner}/{repo}/pulls';
const TELL = 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments';

/** Asks beforehand for a task, with a token that may not do this; of what it may, nothing can be done. */
async function asked(forbidden: string | null, issue = 12) {
  const calls: string[] = [];
  const octokit = {
    async request(route: string) {
      calls.push(route);
      if (route.startsWith('GET')) return { data: { ...ISSUE, number: issue } };
      const status = route === forbidden ? 403 : 422;
      const message = status === 403 ? 'Resource not accessible by integration' : 'Validation Failed';
      throw Object.assign(new Error(message), { status, response: { headers: {}, data: { message } } });
    },
  };
  const workshop = { github: { octokit: async () => octokit } } as unknown as Workshop;
  return { problem: await preflight(workshop, { id: 42, ...aRequest({ issue }) } as Task), calls };
}

const ISSUE = {
  title: 'It breaks',
  comments: 0,
  repository_url: 'https://api.github.com/repos/acme/shop',
};

describe('before an agent costs anything', () => {
  it.each([PUSH, OPEN, TELL])('GitHub says whether the token may %s', async route => {
    expect((await asked(route)).problem).toMatchObject({ code: 'E_GITHUB' });
  });

  it('nothing keeps a task whose token may all, and one without an issue is told of nowhere', async () => {
    expect((await asked(null)).problem).toBeNull();
    expect(await asked(null, 0)).toEqual({ problem: null, calls: [PUSH, OPEN] });
  });
});
