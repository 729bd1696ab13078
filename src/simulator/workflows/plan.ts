import type { World } from '../world.ts';
import { contextsOf } from './contexts.ts';
import { type Contexts, fill, holds } from './expression.ts';
import type { Turn } from './groups.ts';
import type { WorkflowJob, WorkflowRun } from './run.ts';
import type { JobDefinition } from './workflow-file.ts';

/** GitHub lets so many wait in a concurrency group with `queue: max`. */
const MOST_WAITING = 100;

/** What a run is to be: all that its workflow file says before a runner has one of its jobs. */
export interface Plan {
  title: string;
  turn: Turn | null;
  jobs: JobPlan[];
}

export interface JobPlan
  extends Pick<WorkflowJob, 'key' | 'definition' | 'labels' | 'contexts' | 'isWanted' | 'turn'> {
  name: string;
}

/** Evaluates a run's file for what has started it. Throws for an expression that is none. */
export function planOf(world: World, run: WorkflowRun): Plan {
  const { file } = run;
  const contexts = contextsOf(world, run);
  const turnOf = (concurrency: JobDefinition['concurrency']) =>
    concurrency ? evaluateTurn(run, concurrency, contexts) : null;
  const jobs = Object.entries(file.jobs).map(([key, definition]) => ({
    key,
    definition,
    contexts,
    name: fill(definition.name ?? key, contexts),
    labels: definition['runs-on'].map(label => fill(label, contexts)),
    isWanted: holds(definition.if ?? '', contexts, 'success'),
    turn: turnOf(definition.concurrency),
  }));
  const said = fill(file['run-name'] ?? '', contexts).trim();
  return { title: said || usualTitle(run), turn: turnOf(file.concurrency), jobs };
}

function evaluateTurn(
  { workflow }: WorkflowRun,
  { group, queue, ...how }: NonNullable<JobDefinition['concurrency']>,
  contexts: Contexts,
): Turn {
  return {
    group: `${workflow.repository.id} ${fill(group, contexts).toLowerCase()}`,
    cancelsOthers: holds(how['cancel-in-progress'], contexts, 'success'),
    waits: queue === 'max' ? MOST_WAITING : 1,
  };
}

function usualTitle({ event, name }: WorkflowRun): string {
  const { issue, pull_request: pull } = event.payload as Record<string, { title?: string } | undefined>;
  return pull?.title ?? issue?.title ?? name;
}
