import { beforeEach, describe, expect, it } from 'vitest';
import { applyResult, sightOf, sightOfLost } from '../../../src/engine/actions/apply.ts';
import type { Result } from '../../../src/engine/actions/result.ts';
import type { Store } from '../../../src/store/open.ts';
import type { Run } from '../../../src/task/glossary.ts';
import { aResult } from '../../support/order.ts';
import { memoryStore, NOW, started } from '../../support/tasks.ts';

const result = (changes: Partial<Result> = {}): Result => ({ version: 1, ...aResult(changes) });

describe('what a job has told', () => {
  let store: Store;
  let run: Run;
  beforeEach(() => {
    store = memoryStore();
    run = started(store).run;
    return () => store.close();
  });

  const apply = (told: Result, now: number) => applyResult(store, run, told, now);
  const events = (type: string) => store.journal.ofTask(run.task).filter(event => event.type === type);
  const row = () => store.runs.get(run.task, run.number);

  it('is written down once, however often it is read', () => {
    const told = result({ question: 'Which one?' });
    apply(told, NOW);
    apply(told, NOW + 1);
    expect(row()?.doneAt).toBe(NOW);
    expect(events('run:done')).toMatchObject([{ data: { summary: 'The test passes.' } }]);
    expect(store.tasks.get(run.task)?.question).toBe('Which one?');
    expect(events('task:question')).toHaveLength(1);
  });

  it('was told with what this run was given, and no other', () => {
    const given = (source: string, number: number) => {
      const said = { task: run.task, author: 'ann', text: source, source, createdAt: NOW };
      store.inputs.add(said);
      const { id } = store.inputs.waiting(run.task).at(-1) as { id: number };
      store.inputs.give(id, number);
      return id;
    };
    const mine = given('mine', run.number);
    given('of the next', run.number + 1);
    apply(result(), NOW);
    expect(events('input:arrived')).toMatchObject([{ data: { input: mine } }]);
  });

  it('may be that the time was over', () => {
    const told = result({ outcome: 'timed_out', done: false });
    apply(told, NOW);
    apply(told, NOW + 1);
    expect(row()).toMatchObject({ stopAt: NOW, stopReason: 'timed_out', doneAt: null });
  });
});

describe('what is seen of a run', () => {
  it.each([
    ['the agent failed: it is too hard', 'it is too hard'],
    ['the agent crashed with 3', null],
    ['E_NO_AGENT: There is none', 'E_NO_AGENT: There is none'],
  ])('that has told %j says no verdict twice', (reason, told) => {
    expect(sightOf(result({ outcome: 'failed', reason })).end).toEqual({
      ok: false,
      reason: told,
      permanent: false,
    });
  });

  it.each([
    ['failure', false],
    ['startup_failure', true],
    ['action_required', true],
  ])('that has told nothing is that its job ended with %s', (conclusion, permanent) => {
    const said = { title: null, message: `no\u0007\nghp_${'a'.repeat(36)}`, level: 'failure' };
    const { end } = sightOfLost({ conclusion, annotations: [{ ...said, level: 'notice' }, said] });
    const reason = `its job ended without a result (${conclusion}): no [redacted]`;
    expect(end).toEqual({ ok: false, reason, permanent });
  });
});
