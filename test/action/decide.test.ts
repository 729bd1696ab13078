import { describe, expect, it } from 'vitest';
import { decide } from '../../src/action/decide.ts';
import { EXAMPLES } from '../support/job.ts';

const NOTHING = { task: null, issue: null };

/** GitHub's example of an event, with other words where people's stand. */
function example(key: string, words?: string) {
  const payload = structuredClone(EXAMPLES[key]) as Record<string, { body?: string }>;
  const said = payload.comment ?? payload.review;
  if (words !== undefined && said) said.body = words;
  return { event: { name: key.split('.')[0] as string, payload } };
}

describe('an event as GitHub sends it', () => {
  it.each([
    'issue_comment.created',
    'pull_request_review.submitted',
    'pull_request_review_comment.created',
    'issues.opened',
  ])('asks for nothing without a command: %s', key => {
    expect(decide(NOTHING, example(key))).toBeNull();
  });

  it.each(['issue_comment.created', 'pull_request_review.submitted', 'pull_request_review_comment.created'])(
    'asks by a command: %s',
    key => {
      expect(decide(NOTHING, example(key, '/orch fix it'))).toMatchObject({ kind: 'event', name: key });
    },
  );

  it.each(['issues.labeled', 'issues.assigned'])('may ask as it is, which only settings tell: %s', key => {
    expect(decide(NOTHING, example(key))).toMatchObject({ kind: 'event', name: key });
  });

  it.each(['workflow_dispatch', 'repository_dispatch'])('needs the task to be said: %s', key => {
    expect(() => decide(NOTHING, example(key))).toThrow(`\`${key}\` does not say what is to be done`);
    const asked = { kind: 'task', instruction: 'fix it', issue: 3 };
    expect(decide({ task: 'fix it', issue: 3 }, example(key))).toEqual(asked);
  });

  it('may be any other one where the task is said', () => {
    const event = { event: { name: 'schedule', payload: { schedule: '0 5 * * 1' } } };
    expect(() => decide(NOTHING, event)).toThrow('`schedule` does not say');
    expect(decide({ task: 'update', issue: null }, event)).toMatchObject({ instruction: 'update' });
  });

  it('is no more than that where it has another form', () => {
    const odd = { event: { name: 'issue_comment', payload: { action: 'created', comment: { body: null } } } };
    expect(decide(NOTHING, odd)).toBeNull();
  });

  it.each([
    [null, 'as GitHub sends it'],
    [{ action: 7 }, 'sends it: action'],
    [{ action: 'created', comment: { body: 7 } }, 'sends it: comment.body'],
  ])('is no event where GitHub never has that form: %j', (payload, said) => {
    const decided = () => decide(NOTHING, { event: { name: 'issue_comment', payload } });
    expect(decided).toThrow(expect.objectContaining({ code: 'E_INPUT' }));
    expect(decided).toThrow(said);
  });
});
