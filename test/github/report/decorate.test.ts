import { expect, it } from 'vitest';
import { decorate } from '../../../src/github/report/decorate.ts';
import type { ReporterOptions } from '../../../src/github/report/reporter.ts';
import { silentLog } from '../../../src/shared/log.ts';
import type { Task } from '../../../src/task/glossary.ts';
import { fakeClock } from '../../support/clock.ts';
import { memoryStore, NOW, started } from '../../support/tasks.ts';

type Reviewers = 'owners' | 'requester' | 'none';

/** Who is asked, where the repository wants these reviewers and GitHub has asked those owners. */
async function asked(reviewers: Reviewers | null, owners: { users?: string[]; teams?: string[] } = {}) {
  using store = memoryStore();
  const settings = JSON.stringify(reviewers === null ? {} : { pullRequest: { draft: false, reviewers } });
  const { task } = started(store, { settings });
  store.tasks.update(task.id, task.epoch, { pull: 12, pullState: 'open' });
  store.creations.begin(task.id, 'pull', 'b', NOW);
  store.creations.record(task.id, 'pull', 'b', 12, '');
  const told: unknown[] = [];
  const octokit = {
    async request(route: string, parameters: { reviewers?: string[] }) {
      if (route.startsWith('POST')) told.push(...(parameters.reviewers ?? []));
      return { data: { requested_reviewers: owners.users ?? [], requested_teams: owners.teams ?? [] } };
    },
  };
  const options = { store, clock: fakeClock(NOW), log: silentLog() } as unknown as ReporterOptions;
  await decorate(options, octokit as never, store.tasks.get(task.id) as Task);
  return told;
}

it.each<[Reviewers | null, { users?: string[]; teams?: string[] }, string[]]>([
  ['owners', {}, ['ann']],
  ['owners', { users: ['olga'] }, []],
  ['owners', { teams: ['core'] }, []],
  ['requester', { users: ['olga'] }, ['ann']],
  ['none', {}, []],
  // Of an older release.
  [null, { users: ['olga'] }, ['ann']],
])('with reviewers: %s, where GitHub has asked %j, Orch asks %j', async (reviewers, owners, expected) => {
  expect(await asked(reviewers, owners)).toEqual(expected);
});
