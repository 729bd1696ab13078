import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { homePaths } from '../../src/config/paths.ts';
import { GOOD_AGENT, REPOSITORY, startTestApp } from '../support/app.ts';

const SETTINGS = {
  agents: {
    talker: {
      command: [
        'sh',
        '-c',
        `printf '{"say":"I fix it."}\\n'; (${GOOD_AGENT}) >&2; printf '{"done":true}\\n'`,
      ],
      events: [
        { when: { say: { match: '.' } }, as: 'text', take: { text: 'say' } },
        { when: { done: true }, as: 'end' },
      ],
    },
  },
};

it('an agent whose profile has events is narrated, and its pull request comes as any', async () => {
  await using app = await startTestApp({ settings: SETTINGS });
  await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
  await app.ended(1, 'completed');
  const paths = homePaths(app.home);
  const progress = JSON.parse(readFileSync(join(paths.run('T1.1'), 'progress.json'), 'utf8'));
  expect(progress).toMatchObject({ state: 'ended', text: 'I fix it.', end: { ok: true } });
  expect(readFileSync(paths.runLog('T1.1'), 'utf8')).toMatch(/0:0\d +I fix it\.\r\n/);
});
