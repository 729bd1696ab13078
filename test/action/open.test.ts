import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { openWorkshop } from '../../src/action/open.ts';
import { temporaryDirectory } from '../support/temporary.ts';

it('the log for debugging, which is part of the job’s, has no command to the runner', async () => {
  await using folder = await temporaryDirectory();
  const job = {
    event: { name: 'issue_comment', payload: {} },
    repository: { fullName: 'acme/shop', id: 1, isPublic: false },
    isSelfHosted: true,
    run: { id: 42, attempt: 1, url: 'https://github.com/acme/shop/actions/runs/42' },
    actor: { login: 'olga', id: 2 },
    apiUrl: 'https://api.github.com',
    serverUrl: 'https://github.com',
    temporary: folder.path,
  };
  using workshop = openWorkshop({ settings: null, token: 'ghs_1' }, job, { HOME: folder.path });
  workshop.log.info({ title: '##[add-matcher]x' }, 'an issue');
  const line = readFileSync(workshop.home.paths.log, 'utf8');
  expect(JSON.parse(line)).toMatchObject({ title: '##\u200b[add-matcher]x', msg: 'an issue' });
});
