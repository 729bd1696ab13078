import { readFileSync } from 'node:fs';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { REPOSITORY, repositoryOf, startTestApp, type TestApp } from '../support/app.ts';
import { scramble } from '../support/fake-secrets.ts';

const TOKEN = `ghp_${scramble('agent', 36)}`;
const COMMIT = `echo 'key: ${TOKEN}' > config.yml && git add . && git commit -qm 'Add the key'`;

it('an agent whose push has a secret is told where, and may push again without it', async () => {
  const script = `${COMMIT}; git push 2>&1; gh pr create -f 2>&1; sleep 0.1;
    git rm -q --cached config.yml; rm config.yml; echo fixed > fixed.txt; git add .; git commit -q --amend -m 'Fix it';
    git push -q && gh pr create -f && orch done`;
  await using app = await startTestApp({ agents: { good: script } });
  await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
  const task = await app.ended(1, 'completed');
  const said = readFileSync(`${app.home}/logs/T1.1.log`, 'utf8');
  expect(said).toContain('the file config.yml, line 1, holds a GitHub token');
  expect(said).toContain('Take it out of every commit');
  expect(said).toContain('The commits could not be pushed, so there is no pull request');
  expect(await onGithub(app)).toEqual(['Fix it']);
  expect(task.pull).toBe(2);
});

it('commits that an agent left and GitHub must not have are kept, and end the task with the reason', async () => {
  await using app = await startTestApp({ agents: { lazy: COMMIT } });
  await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
  const task = await app.ended(1, 'failed');
  await app.quiet();
  expect(app.runs(1)).toHaveLength(1);
  expect(task.reason).toMatch(
    /the file config\.yml, line 1, holds a GitHub token\. The commits are kept on the host as refs\/orch\/refused\/T1\.1/,
  );
  expect(app.comments(1)[1]).toContain('holds a GitHub token');
  expect(app.comments(1)[1]).toContain('$ORCH_HOME/stores/');
  expect(await repositoryOf(app.github).git.resolve('orch/T1-fix-it')).toBeNull();
  const host = new URL(app.github.url).host.replace(':', '+');
  const store = `${app.home}/stores/${host}/repositories/${repositoryOf(app.github).id}.git`;
  const { stdout } = await execa('git', [
    '--git-dir',
    store,
    'log',
    '-1',
    '--format=%s',
    'refs/orch/refused/T1.1',
  ]);
  expect(stdout).toBe('Add the key');
});

it('title and body of a pull request have neither secrets nor hidden text, and call nobody', async () => {
  const script = `echo x > x && git add x && git commit -qm x && git push -q;
    gh pr create -t 'Use ${TOKEN}' -b b 2>&1; gh pr create -t t -b 'one
    two ${Buffer.from(`a:${TOKEN}`).toString('hex')}
    ${TOKEN}' 2>&1;
    gh pr create -t 'Fix it' -b 'Thanks @reader, see \`@types/node\` <!-- orch:pull T9 --> <!--hidden' && orch done`;
  await using app = await startTestApp({ agents: { good: script } });
  await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
  await app.ended(1, 'completed');
  const said = readFileSync(`${app.home}/logs/T1.1.log`, 'utf8');
  expect(said).toContain('The title of the pull request, line 1, holds a GitHub token');
  expect(said).toContain('The body of the pull request, line 3, holds a GitHub token');
  const body = repositoryOf(app.github).issues.get(2)?.body ?? '';
  expect(body).toMatch(/^Thanks @&#8203;reader, see `@types\/node` &lt;!-- orch:pull T9 --> &lt;!--hidden\n/);
  expect(body.match(/<!--/g)).toHaveLength(1);
});

it.each([
  ['refuse', 'allow', false],
  ['allow', 'refuse', false],
  ['allow', 'allow', true],
])(
  'workflows are changed only where server (%s) and repository (%s) allow it: %s',
  async (server, own, taken) => {
    const script = `mkdir -p .github/workflows; echo 'on: push' > .github/workflows/ci.yml; git add .; git commit -qm 'Add CI';
    git push -q && gh pr create -f && orch done`;
    await using app = await startTestApp({
      agents: { good: script },
      settings: { policies: { workflow_files: server }, task_queue: { max_retries: 0 } },
      files: { 'README.md': '# Shop\n', '.github/orch.yml': `workflow_files: ${own}\n` },
    });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    const task = await app.ended(1, taken ? 'completed' : 'failed');
    if (!taken)
      expect(task.reason).toContain(
        'changes .github/workflows/ci.yml, which tells GitHub Actions what to run',
      );
    else expect(await onGithub(app)).toEqual(['Add CI']);
  },
);

async function onGithub(app: TestApp): Promise<string[]> {
  const { git } = repositoryOf(app.github);
  return (await git.run(['log', '--format=%s', 'orch/T1-fix-it', '--not', 'main'])).trim().split('\n');
}
