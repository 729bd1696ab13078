import type { Order } from '../../src/engine/actions/order.ts';
import type { Result } from '../../src/engine/actions/result.ts';

type Whole = Omit<Order, 'version'>;

/** The order for the second try at a task. */
export function anOrder(task: Partial<Order['task']> = {}, rest: Partial<Whole> = {}): Whole {
  return {
    task: {
      id: 42,
      repository: 'acme/shop',
      repositoryId: 7,
      issue: 12,
      onPullRequest: false,
      headSha: null,
      requester: 'ann',
      requesterId: 9,
      instruction: 'fix the failing test',
      vouched: false,
      issueTitle: 'It breaks',
      issueBody: 'When pressed.',
      conversation: [],
      contextFiles: ['docs/api.md'],
      base: 'main',
      settings: {},
      correlation: 'f1e2d3',
      branch: 'orch/T42-fix-the-failing-test',
      target: 'main',
      baseSha: 'a'.repeat(40),
      head: null,
      pull: null,
      pullUrl: null,
      continues: false,
      ...task,
    },
    run: {
      number: 2,
      agent: 'claude',
      slot: 1,
      model: null,
      timeoutSeconds: 1800,
      budgetUsd: 1.5,
      budgetTokens: null,
    },
    said: [],
    earlier: [
      {
        number: 1,
        agent: 'codex',
        slot: 1,
        outcome: 'crashed',
        reason: 'the agent was killed from outside',
        lastWords: 'I am at it',
        rescued: 'refs/orch/rescue/T42.1',
      },
    ],
    notes: ['the test is found'],
    ...rest,
  };
}

/** What a job tells of that try. */
export function aResult(changes: Partial<Result> = {}): Omit<Result, 'version'> {
  return {
    run: 'T42.2',
    outcome: 'succeeded',
    exitCode: 0,
    reason: null,
    permanent: false,
    setupFailed: null,
    killedBy: null,
    limit: null,
    done: true,
    summary: 'The test passes.',
    question: null,
    head: 'b'.repeat(40),
    pull: 13,
    rescued: null,
    lastWords: 'All done.',
    usage: {
      model: 'sonnet',
      inputTokens: 1000,
      cachedTokens: 500,
      outputTokens: 200,
      costUsd: 0.12,
      costSource: 'reported',
    },
    ...changes,
  };
}
