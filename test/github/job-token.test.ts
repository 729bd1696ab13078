import { expect, it } from 'vitest';
import { createComment, findComment } from '../../src/github/comments.ts';
import { connectByToken } from '../../src/github/job-token.ts';
import { openPace } from '../../src/github/pace.ts';
import { silentLog } from '../../src/shared/log.ts';
import { fakeClock } from '../support/clock.ts';
import { testGitHub } from '../support/github.ts';

it('is whoever the token stands for, and knows its own comments from copies of them', async () => {
  await using github = await testGitHub();
  const { simulator } = github;
  const { number } = await simulator.openIssue('acme/shop', { title: 'Broken', body: '', user: 'ada' });
  const [installation] = simulator.world.installations.keys();
  const { body } = await github.app('POST', `/app/installations/${installation}/access_tokens`);
  const pace = openPace({ clock: fakeClock(), log: silentLog(), limits: [], recent: () => [] });
  const client = connectByToken({
    token: body.token,
    apiBaseUrl: `${simulator.url}/api/v3`,
    webBaseUrl: simulator.url,
    pace,
  });
  const self = await client.identity(0, 0);
  const { bot } = simulator.world.app;
  const login = 'orch-simulated[bot]';
  expect(self).toEqual({
    appId: null,
    login,
    userId: bot.id,
    email: `${bot.id}+${login}@users.noreply.127.0.0.1`,
  });

  const octokit = await client.octokit(0, 0);
  const at = { owner: 'acme', repo: 'shop', issue_number: number };
  await simulator.comment('acme/shop', number, '<!-- orch:mark -->\na copy', 'ada');
  expect(await findComment(octokit, at, '<!-- orch:mark -->', self)).toBeNull();
  const own = await createComment(octokit, at, '<!-- orch:mark -->\nthe real one');
  expect(await findComment(octokit, at, '<!-- orch:mark -->', self)).toBe(own);
  pace.stop();
});
