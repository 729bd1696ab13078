import { describe, expect, it } from 'vitest';
import { edgesOf, taskGraph } from '../../src/cli/task-graph.ts';
import { showTask } from '../../src/record/views.ts';
import { memoryStore, NOW, queued } from '../support/tasks.ts';

/** As the API lists them, the newest first. */
function views(...tasks: [instruction: string, ...after: number[]][]) {
  using store = memoryStore();
  const nothing = { agent: null, spent: { usd: null, tokens: null }, live: null, overlaps: [] };
  return tasks
    .map(([instruction, ...after]) => showTask(queued(store, { instruction }), NOW, { ...nothing, after }))
    .toReversed();
}

const CHAIN = views(['design'], ['write', 1], ['style', 1], ['join', 2, 3], ['fix'], ['ship', 4, 5]);

describe('the graph of tasks', () => {
  it('has each task once, below the last that it needs, with all of them beside it', () => {
    expect(taskGraph(CHAIN, 80).split('\n')).toEqual([
      'TASK  STATE   INSTRUCTION  AFTER',
      'T1    queued  design',
      'T2    queued  ├─ write     T1',
      'T3    queued  └─ style     T1',
      'T4    queued     └─ join   T2, T3',
      'T5    queued  fix',
      'T6    queued  └─ ship      T4, T5',
    ]);
    expect(edgesOf(CHAIN)).toHaveLength(6);
    expect(edgesOf(CHAIN)).toContainEqual({ task: 'T6', after: 'T5' });
  });

  it('keeps to the width of the terminal, and draws what needs tasks that are not listed by itself', () => {
    const [long] = views(['x'.repeat(200), 77]);
    const graph = taskGraph([long as never], 40);
    expect(graph.split('\n').every(line => line.length <= 40)).toBe(true);
    expect(graph).toMatch(/^TASK.*\nT1 {4}queued {2}x+… {2}T77$/);
  });
});
