import { describe, expect, it } from 'vitest';
import { renderCheck } from '../../../src/github/report/check.ts';
import { renderComment } from '../../../src/github/report/comment.ts';
import type { Run } from '../../../src/task/glossary.ts';
import { memoryStore, NOW, queued } from '../../support/tasks.ts';

const STORY = { runs: [], events: [], usage: [], said: [] };

const RUN = { task: 1, number: 1, profile: 'good', slot: 1, spawnedAt: NOW, endedAt: NOW + 5000 } as Run;

function failedTask(reason: string) {
  using store = memoryStore();
  return { ...queued(store, { instruction: '@@ '.repeat(20_000) }), state: 'failed' as const, reason };
}

describe('a reason of any length', () => {
  const task = failedTask('@*'.repeat(100_000));

  it('fits into a check run', () => {
    const check = renderCheck(task, { ...RUN, lastWords: 'x'.repeat(100_000) }, '', true, 'No sandbox.');
    expect(check.conclusion).toBe('failure');
    expect(check.output.title.length).toBeLessThanOrEqual(255);
    expect(Buffer.byteLength(check.output.summary)).toBeLessThanOrEqual(65_535);
    expect(check.output.summary).toContain('No sandbox.');
  });

  it('leaves table and footer in the comment', () => {
    const comment = renderComment({ ...STORY, task, runs: [{ ...RUN, lastWords: 'the end' }] }, NOW);
    expect(comment.length).toBeLessThan(60_000);
    expect(comment).toContain('| Agent | `good-1`, run `T1.1` |');
    expect(comment).toContain('the end');
    expect(comment).toMatch(/<sub>try again: .*<\/sub>$/);
  });
});

it('reasons and last words are told as text, without the host’s folders, and code stays code', () => {
  const task = failedTask(
    'the command `npm ci` failed: ![x](https://evil.example) in /srv/orch/workspaces/T1.1/tree/a',
  );
  const run = { ...RUN, lastWords: 'cannot read /srv/orch/workspaces/T1.1/tree/b' };
  for (const text of [
    renderComment({ ...STORY, task, runs: [run] }, NOW),
    renderCheck(task, run, '', true, '').output.summary,
  ]) {
    expect(text).toMatch(/he command `npm ci` failed: !\\\[x\\\]\(https:\/\/evil.example\) in a/);
    expect(text).toContain('cannot read b');
    expect(text).not.toContain('/srv/orch');
  }
});
