import { describe, expect, it } from 'vitest';
import { knowOrigin } from '../../src/action/origin.ts';
import type { Github } from '../../src/github/client.ts';
import { fakeClock } from '../support/clock.ts';
import { memoryStore, queued } from '../support/tasks.ts';
import { jobOf } from './server.ts';

const SELF = 41;
const PULL = {
  state: 'open',
  html_url: 'https://github.com/acme/shop/pull/8',
  body: 'Mends it.\n\n<!-- orch:pull T901 -->',
  user: { id: SELF },
  head: { ref: 'orch/T901-mend-it', sha: 'a'.repeat(40), repo: { id: 7 } },
  base: { ref: 'main', sha: 'b'.repeat(40) },
};

/** The task that a job knows of after it has looked at this pull request. */
async function known(changes: object) {
  using store = memoryStore();
  const octokit = { request: async () => ({ data: { ...PULL, ...changes } }) };
  const github = { octokit: async () => octokit, identity: async () => ({ userId: SELF }) };
  const job = { ...jobOf('issue_comment', {}), run: { id: 950, attempt: 1, url: '' } };
  store.tasks.countFrom(job.run.id);
  await knowOrigin({ github: github as unknown as Github, store, job, clock: fakeClock() }, 8);
  return { task: store.tasks.get(901), next: queued(store).id };
}

describe('the task of a pull request', () => {
  it('is known where Orch has opened it, and takes no number from the one of this run', async () => {
    const { task, next } = await known({});
    expect(task).toMatchObject({ state: 'completed', branch: PULL.head.ref, pull: 8, head: PULL.head.sha });
    expect(next).toBe(950);
  });

  it.each([
    ['is closed', { state: 'closed' }],
    ['somebody else has opened', { user: { id: 5 } }],
    ['comes from another branch', { head: { ...PULL.head, ref: 'main' } }],
    ['comes from a fork', { head: { ...PULL.head, repo: { id: 8 } } }],
    ['comes from a fork that is gone', { head: { ...PULL.head, repo: null } }],
    ['says so only in the middle of other words', { body: `${PULL.body} more` }],
    ['is of this very run', { body: '<!-- orch:pull T950 -->' }],
  ])('is none where it %s', async (_, changes) => {
    expect(await known(changes)).toEqual({ task: null, next: 950 });
  });
});
