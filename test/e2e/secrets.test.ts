import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { REPOSITORY, repositoryOf, startTestApp } from '../support/app.ts';
import { scramble } from '../support/fake-secrets.ts';

it('what an agent prints and says of secrets is told to nobody', async () => {
  const token = `ghs_${scramble('printed', 36)}`;
  const key = scramble('model key', 40);
  const script = `
    echo "the token is ${token}"; echo "$MODEL_API_KEY" | base64 -w 20
    echo x > x.txt; git add .; git commit -qm 'Add x'
    orch done "I used ${token} and $MODEL_API_KEY"; exit 1`;
  const agents = { leaky: { command: ['sh', '-c', script], environment: { MODEL_API_KEY: key } } };
  await using app = await startTestApp({ settings: { agents, policies: { no_pull_request: 'fail' } } });
  await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
  await app.ended(1, 'failed');
  await app.quiet();
  const repository = repositoryOf(app.github);
  const told = [
    ...[...repository.comments.values()].map(comment => comment.body),
    JSON.stringify([...repository.checkRuns.values()].map(check => check.output)),
    readFileSync(`${app.home}/results/T1.1.json`, 'utf8'),
    readFileSync(`${app.home}/runs/T1.1/monitor.log`, 'utf8'),
  ];
  expect(told.filter(text => text.includes('[redacted]'))).toHaveLength(4);
  for (const text of told) {
    for (const secret of [token, key, btoa(`${key}\n`)]) {
      expect(text.replace(/\s/g, '')).not.toContain(secret.slice(4, 24));
    }
  }
});
