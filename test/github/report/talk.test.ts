import { describe, expect, it } from 'vitest';
import { renderCheck } from '../../../src/github/report/check.ts';
import { renderComment, type Story } from '../../../src/github/report/comment.ts';
import type { Input } from '../../../src/store/inputs.ts';
import type { JournalEvent } from '../../../src/task/events.ts';
import type { AgentState, Run, Task } from '../../../src/task/glossary.ts';
import { memoryStore, NOW, started } from '../../support/tasks.ts';

function running(changes: Partial<Task>): { task: Task; run: Run } {
  using store = memoryStore();
  const { task, run } = started(store);
  return { task: { ...task, state: 'running', ...changes }, run };
}

function comment(changes: Partial<Task>, story: Partial<Story> = {}): string {
  const { task, run } = running(changes);
  return renderComment({ task, runs: [run], events: [], usage: [], said: [], ...story }, NOW);
}

function check(changes: Partial<Task>) {
  const { task, run } = running(changes);
  return renderCheck(task, run, '', true, 'No sandbox.').output;
}

describe('a question', () => {
  const question = 'Which one?\n- the *old* API\n\n- see /srv/orch/workspaces/T1.1/tree/a.md for @acme/core';

  it('stands in comment and check run with how to answer it, and instead of the reason', () => {
    const changes = { question, state: 'paused', reason: 'the agent asks: Which one?' } as const;
    const { title, summary } = check(changes);
    for (const text of [comment(changes), summary]) {
      expect(text).toContain(
        '> Which one?\n> \\- the \\*old\\* API\n>\n> \\- see a.md for @&#8203;acme/core\n\nAnswer',
      );
      expect(text).toContain('`/orch say T1 …`');
      expect(text).not.toContain('the agent asks:');
      expect(text).not.toContain('/orch resume');
    }
    expect(title).toMatch(/^T1 asks: /);
  });

  it('is gone when the task is over, and never too long', () => {
    expect(comment({ question, state: 'failed' })).not.toContain('Which one?');
    expect(check({ question, state: 'failed' }).title).toMatch(/^T1 failed/);
    expect(comment({ question: '@\n'.repeat(2000) }).length).toBeLessThan(2000);
  });
});

describe('a paused task', () => {
  const paused = { state: 'paused', reason: 'the weekly limit is reached' } as const;

  it.each([
    [null, 'The weekly limit is reached.** It goes on with `/orch resume T1`'],
    [NOW + 60_000, 'It goes on by itself at 08:01:00 UTC; `/orch resume T1` tries it at once'],
    [NOW + 86_400_000, 'It goes on by itself at 2027-01-16 08:00:00 UTC'],
  ])('says when it goes on: %s', (wakeAt, expected) => {
    expect(comment({ ...paused, wakeAt })).toContain(expected);
    if (wakeAt !== NOW + 86_400_000)
      expect(check({ ...paused, wakeAt }).summary).toMatch(/goes on .*resume T1/);
  });
});

describe('a running agent', () => {
  const event = { at: NOW, task: 1, seq: 1 };
  const state = (state: AgentState, run = 1): JournalEvent => ({
    ...event,
    type: 'agent:state',
    data: { run, state, detail: 'Do you want\nto proceed?' },
  });

  it.each([
    ['waiting', 'The agent waits for a person: Do you want to proceed?'],
    ['limited', 'The agent is held back by its model: Do you want to proceed?'],
    ['stuck', 'The agent seems to be stuck: Do you want to proceed?'],
  ] as const)('that is %s is told of, as long as it is so', (name, expected) => {
    expect(comment({}, { events: [state(name)] })).toContain(expected);
    expect(comment({}, { events: [state(name), state('working')] })).not.toContain('Do you');
    expect(comment({}, { events: [state(name, 2)] })).not.toContain('Do you');
    expect(comment({ state: 'paused' }, { events: [state(name)] })).not.toContain('Do you');
  });

  it('tells of its progress', () => {
    const said = (text: string): JournalEvent => ({ ...event, type: 'run:progress', data: { run: 1, text } });
    const events = [said('Begun.'), said('Half | of it.')];
    expect(comment({}, { events })).toContain('| Progress | Half \\| of it. |');
    expect(comment({ state: 'completed' }, { events })).not.toContain('Half');
    const another = running({}).run;
    expect(comment({}, { events, runs: [{ ...another, number: 2 }] })).not.toContain('Half');
  });
});

it('what was said is shown with whether it was heard, the last of it', () => {
  const input: Input = {
    ...{ id: 1, task: 1, author: 'ann', source: 'a', createdAt: NOW, run: null, arrivedAt: null },
    text: 'use the new API\nand test it',
  };
  const said = [input, { ...input, text: 'x', arrivedAt: NOW }];
  expect(comment({}, { said })).toContain(
    'Said to the agent:\n\n- ann: use the new API and test it (not heard yet)\n- ann: x (heard)',
  );
  expect(comment({ state: 'cancelled' }, { said })).toContain('test it (not heard)');
  const given = [{ ...input, run: 1 }];
  for (const state of ['running', 'completed'] as const)
    expect(comment({ state }, { said: given })).toContain('test it (given to it, not confirmed)');
  const much = comment({}, { said: Array(20).fill(input) });
  expect(much.split('use the new API')).toHaveLength(6);
});
