import { describe, expect, it } from 'vitest';
import { renderComment } from '../../../src/github/report/comment.ts';
import { memoryStore, NOW, started } from '../../support/tasks.ts';

const PLACE = { repository: 'acme/shop', repositoryId: 7, installation: 5 };
const URL = 'https://github.com/acme/shop/actions/runs/8';

describe('the comment of a task whose run GitHub Actions carries out', () => {
  function told(runner: string | null): string {
    using store = memoryStore();
    const { task, run } = started(store);
    store.dispatches.begin(run, NOW);
    expect(store.dispatches.workflowRun(run)).toBeNull();
    store.dispatches.taken(run, PLACE, { id: 8, url: URL });
    store.dispatches.learn(run, { runner });
    const job = store.dispatches.workflowRun(run);
    return renderComment({ task, runs: [run], events: [], usage: [], said: [], job }, NOW);
  }

  it('leads to the workflow run, and names its runner once it has one', () => {
    expect(told(null)).toContain(`| Job | [workflow run](${URL}) |`);
    expect(told('big-1')).toContain(`| Job | [workflow run](${URL}) on \`big-1\` |`);
    expect(told('big-1')).toContain(`[log](${URL})`);
  });

  it('is no other for what somebody calls a runner', () => {
    expect(told('a` | <b> @team\n| x')).toContain("on `a' ' <b> @team'' x` |");
  });
});
