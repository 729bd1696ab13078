import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { homePaths } from '../../src/config/paths.ts';
import { GOOD_AGENT, REPOSITORY, startTestApp, type TestApp } from '../support/app.ts';

const EVENTS = {
  session: 'learnt',
  events: [
    { when: { session: { match: '.' } }, as: 'session', take: { id: 'session' } },
    { when: { say: { match: '.' } }, as: 'text', take: { text: 'say' } },
    { when: { done: true }, as: 'end' },
  ],
};
const BEGIN = `printf '{"session":"s-1"}\\n{"say":"I begin."}\\n'`;
const END = `printf '{"done":true}\\n'`;

const log = (app: TestApp, run: string) => readFileSync(homePaths(app.home).runLog(run), 'utf8');
const heard = (app: TestApp) =>
  app.daemon.store.inputs.ofTask(1).map(({ text, arrivedAt }) => [text, arrivedAt !== null]);

it('an agent that asks is answered by a comment, and works on', async () => {
  await using app = await startTestApp({
    agents: { asker: `orch progress 'Half of it.' && orch ask 'Which one?' && ${GOOD_AGENT}` },
  });
  await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
  await app.until(() => app.comments(1).some(text => text.includes('> Which one?')));
  expect(app.comments(1)[1]).toContain('Answer with `/orch say T1 …`');
  await app.github.comment(REPOSITORY, 1, '/orch say the first', 'writer');
  await app.ended(1, 'completed');
  await app.quiet();
  expect(log(app, 'T1.1')).toContain('the first');
  expect(heard(app)).toEqual([['the first', true]]);
  expect(app.comments(1)[1]).toContain('- writer: the first (heard)');
  expect(app.runs(1)).toHaveLength(1);
});

it('an agent that ends its turn with a question is resumed with the answer; two words at once arrive in order', async () => {
  const ask = `timeout 3 orch ask 'Which one?' >&2; ${END}`;
  const resumed = `cat "$ORCH_PROMPT_FILE" >&2; printf '{"say":"I go on."}\\n'; (${GOOD_AGENT}) >&2; ${END}`;
  await using app = await startTestApp({
    settings: {
      agents: {
        asker: {
          ...EVENTS,
          command: ['sh', '-c', `${BEGIN}; ${ask}`],
          resume: ['sh', '-c', resumed, 'sh', '{session}'],
        },
      },
    },
  });
  await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
  await app.until(() => app.task(1)?.state === 'paused');
  expect(app.task(1).question).toBe('Which one?');
  await app.github.comment(REPOSITORY, 1, '/orch say the first\n/orch say and test it', 'writer');
  await app.ended(1, 'completed');
  await app.quiet();
  const words = log(app, 'T1.2');
  expect(words.indexOf('the first')).toBeGreaterThan(0);
  expect(words.indexOf('and test it')).toBeGreaterThan(words.indexOf('the first'));
  expect(heard(app)).toEqual([
    ['the first', true],
    ['and test it', true],
  ]);
  expect(app.runs(1)[0]).toMatchObject({ outcome: 'paused' });
  expect(app.runs(1).at(-1)).toMatchObject({ outcome: 'succeeded', workspace: 'T1.1' });
});

it('a task is paused and resumed by comments', async () => {
  await using app = await startTestApp({
    agents: { slow: `[ -f begun ] && { ${GOOD_AGENT}; exit; }; touch begun; sleep 60` },
  });
  await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
  await app.until(() => app.task(1)?.state === 'running');
  await app.github.comment(REPOSITORY, 1, '/orch pause', 'writer');
  await app.until(
    () => app.runs(1)[0]?.endedAt && app.comments(1).some(text => text.includes('⏸️ T1 is paused')),
  );
  expect(app.comments(1).join()).toContain('**Paused by writer.** It goes on with `/orch resume T1`');
  await app.github.comment(REPOSITORY, 1, '/orch resume', 'writer');
  await app.ended(1, 'completed');
});
