import type { Story } from '../../src/action/outputs.ts';

const usage = {
  model: 'opus',
  tokens: { input: 1200, cached: 0, output: 300 },
  cost_source: 'reported' as const,
};
const run = {
  agent: 'claude-1',
  choice: null,
  started_at: '2026-11-28T08:00:00.000Z',
  ended_at: '2026-11-28T08:03:20.000Z',
  exit: 0,
  session: null,
  workflow_run: null,
};
/** A task that has gone well, the second time. */
export const story: Story = {
  id: 'T42',
  status: 'completed',
  reason: null,
  repository: 'acme/shop',
  issue: 7,
  requester: 'olga',
  instruction: 'Mend the date parser',
  agent: null,
  capabilities: [],
  context: [],
  priority: 'normal',
  after: [],
  overlaps: [],
  parent: null,
  run: 'T42.2',
  agent_state: null,
  agent_detail: null,
  keyboard: null,
  branch: 'orch/T42-mend-the-date-parser',
  head: 'a'.repeat(40),
  pull_request: { number: 8, url: 'https://github.com/acme/shop/pull/8', state: 'open' },
  created_at: '2026-11-28T08:00:00.000Z',
  updated_at: '2026-11-28T08:03:20.000Z',
  budget: null,
  question: null,
  wakes_at: null,
  waits_seconds: 0,
  runs: [
    {
      ...run,
      id: 'T42.1',
      outcome: 'crashed',
      reason: 'the agent | is gone',
      usage: { ...usage, cost_usd: 0.1 },
    },
    { ...run, id: 'T42.2', outcome: 'succeeded', reason: null, usage: { ...usage, cost_usd: 0.2 } },
  ],
  events: [
    {
      seq: 1,
      at: '2026-11-28T08:00:00.000Z',
      task: 'T42',
      type: 'task:queued',
      data: {},
      text: 'queued',
    } as never,
  ],
};
