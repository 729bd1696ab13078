import { Probot, ProbotOctokit } from 'probot';
import { describe, expect, it } from 'vitest';
import { connectGithub } from '../../src/github/client.ts';
import { startFollowing } from '../../src/github/follow.ts';
import { openPace } from '../../src/github/pace.ts';
import { openPulls } from '../../src/github/pulls.ts';
import { silentLog } from '../../src/shared/log.ts';
import { REPOSITORY, startTestApp } from '../support/app.ts';
import { fakeClock } from '../support/clock.ts';
import { memoryStore } from '../support/tasks.ts';

describe('following by looking', () => {
  it('learns of a merge whose webhook was lost', async () => {
    await using app = await startTestApp();
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    const task = await app.ended(1, 'completed');
    app.github.faults.add({
      match: { delivery: '*' },
      times: Number.POSITIVE_INFINITY,
      effect: { kind: 'lose' },
    });
    await app.github.merge(REPOSITORY, task.pull as number, 'writer');
    expect(app.task(1).pullState).toBe('open');

    const clock = fakeClock();
    const probot = new Probot({
      appId: Number(app.github.credentials.APP_ID),
      privateKey: app.github.credentials.PRIVATE_KEY,
      baseUrl: `${app.github.url}/api/v3`,
      log: silentLog(),
      Octokit: ProbotOctokit.defaults((options: object) => ({
        ...options,
        throttle: { enabled: false },
      })) as typeof ProbotOctokit,
    });
    const pace = openPace({ clock, log: silentLog(), limits: [], recent: () => [] });
    const github = connectGithub(probot, { webBaseUrl: app.github.url, clock, pace });
    const shared = { store: app.daemon.store, github, clock, log: silentLog() };
    const pulls = openPulls(shared);
    const following = startFollowing({ ...shared, pulls, ended: () => {}, open() {}, intervalSeconds: 60 });
    clock.advance(60_000);
    await app.until(() => app.task(1).pullState === 'merged');
    await following.stop();
  });
});

it('goes on looking after a database error', async () => {
  using store = memoryStore();
  const clock = fakeClock();
  let looks = 0;
  store.tasks.withOpenPull = () => {
    looks += 1;
    throw new Error('disk I/O error');
  };
  const nothing = {} as never;
  const shared = { store, clock, log: silentLog(), github: nothing, pulls: nothing };
  const following = startFollowing({ ...shared, ended: () => {}, open() {}, intervalSeconds: 60 });
  await clock.advance(60_000);
  expect(looks).toBe(1);
  await clock.advance(3000);
  expect(looks).toBe(3);
  await following.stop();
  expect(clock.waiting).toBe(0);
});
