import { expect, it } from 'vitest';
import { started } from '../../support/tasks.ts';
import { handling, WRITER } from '../handling.ts';

const HEAD = 'b'.repeat(40);

/** Task 1, whose pull request 12 is open, and what people say in there. */
function world(file: string, role = 'write') {
  const app = handling({
    role,
    settings: 'agents: { claude: { command: [claude] } }\n',
    answer(route) {
      if (route.includes('/contents/')) return { type: 'file', content: btoa(file), encoding: 'base64' };
      if (route.startsWith('GET') && route.includes('/pulls/')) return { head: { sha: HEAD } };
    },
  });
  const { task } = started(app.store, { agent: 'claude', repositoryId: 7 });
  const pull = { pull: 12, pullUrl: 'https://github.test/12', pullState: 'open' } as const;
  app.store.tasks.update(task.id, task.epoch, { branch: 'orch/T1', target: 'main', baseSha: 'a', ...pull });
  app.store.creations.begin(task.id, 'pull', 'orch/T1@1', 0);
  app.store.creations.record(task.id, 'pull', 'orch/T1@1', 12, '');
  const issue = { number: 12, title: 'Mend it', body: null, user: WRITER, pull_request: {} };
  const says = async (id: number, body: string, place: object = issue) =>
    await app.handle('issue_comment.created', `d${id}`, {
      issue: place,
      comment: { id, body },
      sender: WRITER,
    });
  return { app, says, issue, queued: () => app.store.tasks.get(task.id + 1) };
}

const WANTED = 'follow_up: { comments: true }\n';

it('a comment without a command wakes the agent where the repository wants it, once', async () => {
  const { app, says, queued } = world(WANTED);
  using _ = app;
  await says(1, 'Round it.<!-- unseen -->');
  await says(1, 'Round it.<!-- unseen -->');
  expect(queued()).toMatchObject({ continues: 1, branch: 'orch/T1', head: HEAD, requester: 'writer' });
  expect(queued()?.instruction).toMatch(/^Go on with what `writer` says in the pull request\n\nRound it\.$/);
  expect(app.store.tasks.get(3)).toBeNull();
});

it.each([
  ['the repository does not say so', 'follow_up: { reviews: true }\n', 'write'],
  ['it is by somebody who may not command', WANTED, 'read'],
])('a comment without a command does nothing when %s', async (_, file, role) => {
  const { app, says, queued } = world(file, role);
  using _app = app;
  await says(1, 'Round it.');
  expect(queued()).toBeNull();
  expect(app.comments()).toEqual([]);
});

it('a comment in an issue wakes nobody', async () => {
  const { app, says, issue, queued } = world(WANTED);
  using _ = app;
  await says(1, 'Round it.', { ...issue, pull_request: undefined });
  expect(queued()).toBeNull();
});
