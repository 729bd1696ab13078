import { expect, it } from 'vitest';
import type { Remark } from '../../src/agent/prompt.ts';
import { REPOSITORY, repositoryOf, startTestApp } from '../support/app.ts';

/** Changes a file that is there once a run, so that a pull request can go on. */
const AGENT = `
  date +%s%N >> README.md && git commit -qam 'Go on' && git push -q &&
  { gh pr create --title 'Go on' --body 'Done.' || true; } && orch done`;

it('commands in reviews are obeyed, seen and answered where they stand', async () => {
  await using app = await startTestApp({ agents: { good: AGENT } });
  const { github } = app;
  await github.comment(REPOSITORY, 1, '/orch fix the total', 'writer');
  const { pull } = await app.ended(1, 'completed');
  const number = pull as number;
  await github.comment(REPOSITORY, number, 'Mind the discount.', 'writer');

  // In the text of a review: its comments at lines go along.
  const line = { path: 'README.md', line: 2, body: 'This rounds down.' };
  const review = { event: 'REQUEST_CHANGES', body: 'Not yet.\n\n/orch mend what I say below' } as const;
  await github.review(REPOSITORY, number, { ...review, comments: [line], user: 'writer' });
  const second = await app.ended(2, 'completed');
  expect(second).toMatchObject({
    ...{ continues: 1, pull: number, comment: null, instruction: 'mend what I say below' },
    source: expect.stringMatching(/^review:\d+:0$/),
  });
  const said = JSON.parse(second.conversation) as Remark[];
  expect(said.map(({ where, text }) => [where, text])).toEqual([
    [null, 'Mind the discount.'],
    ['README.md:2', 'This rounds down.'],
  ]);

  // At a line: the agent is told which.
  const asking = { ...line, body: '/orch round it to cents\n\n/orch status' };
  await github.review(REPOSITORY, number, { event: 'COMMENT', comments: [asking], user: 'writer' });
  const third = await app.ended(3, 'completed');
  expect(third).toMatchObject({ continues: 1, instruction: 'round it to cents' });
  const last = (JSON.parse(third.conversation) as Remark[]).at(-1);
  expect(last).toMatchObject({ where: 'README.md:2', text: asking.body });
  await app.quiet();

  const issue = repositoryOf(github).issues.get(number);
  const comments = issue?.pull?.reviewComments ?? [];
  const asked = comments.find(({ body }) => body === asking.body);
  expect(asked?.reactions.map(({ content, user }) => [content, user.login])).toEqual([
    ['eyes', 'orch-simulated[bot]'],
  ]);
  const answer = comments.find(({ inReplyTo }) => inReplyTo === asked?.id);
  expect(answer?.body).toMatch(/^<!-- orch:reply review-comment:\d+:1 -->\n\| Task \| State/);

  // A no is told once, below the comment that it is for; a review has none.
  const no = { ...line, body: '/orch cancel' };
  await github.review(REPOSITORY, number, { event: 'COMMENT', comments: [no], user: 'reader' });
  await github.review(REPOSITORY, number, { event: 'COMMENT', body: '/orch cancel', user: 'reader' });
  await app.quiet();
  const refused = comments.find(({ body }) => body === no.body);
  expect(refused?.reactions.map(({ content }) => content)).toEqual(['confused']);
  expect(comments.filter(({ body }) => body.includes('Sorry, `reader`'))).toMatchObject([
    { inReplyTo: refused?.id },
  ]);
  expect(app.comments(number).join()).not.toContain('Sorry');
});
