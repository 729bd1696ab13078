import { setOutput } from '@actions/core';
import type { EventView, RunView, TaskView } from '../record/views.ts';

/** A task with its runs and what has happened, as the API gives it at `/api/tasks/T42`. */
export type Story = TaskView & { runs: RunView[]; events: EventView[] };

/** What later steps can read. */
export interface Outputs {
  /** `T42`. */
  task: string | null;
  /** `none`: the event asked for no task, or was answered. */
  status: TaskView['status'] | 'none';
  'pull-request-number': number | null;
  'pull-request-url': string | null;
  /** In US dollars; null when nothing is known of it. */
  cost: number | null;
}

export const NO_TASK: Outputs = {
  task: null,
  status: 'none',
  'pull-request-number': null,
  'pull-request-url': null,
  cost: null,
};

export function outputsOf(story: Story): Outputs {
  return {
    task: story.id,
    status: story.status,
    'pull-request-number': story.pull_request?.number ?? null,
    'pull-request-url': story.pull_request?.url ?? null,
    cost: costOf(story.runs),
  };
}

/** Gives them to later steps: the last ones count. */
export function giveOutputs(outputs: Outputs): void {
  for (const [name, value] of Object.entries(outputs)) setOutput(name, value ?? '');
}

function costOf(runs: readonly RunView[]): number | null {
  const costs = runs.flatMap(({ usage }) => usage?.cost_usd ?? []);
  if (costs.length === 0) return null;
  return Number(costs.reduce((sum, cost) => sum + cost, 0).toFixed(6));
}
