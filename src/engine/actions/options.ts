import type { Prepared, Stages } from '../../scheduler/stages.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Log } from '../../shared/log.ts';
import type { Store } from '../../store/open.ts';
import type { TaskPlace as Place } from '../../store/tasks.ts';
import { type Run, runName, type Task } from '../../task/glossary.ts';
import type { Workflow } from './workflow.ts';

/** What carrying runs out by GitHub Actions takes. */
export interface ActionsOptions {
  store: Store;
  clock: Clock;
  log: Log;
  workflow: Workflow;
  /** The repository that carries out a task's runs. */
  placeOf(task: Task): Promise<Place>;
  /** Settles the branch, and where it starts. */
  settle(task: Task, run: Run): Promise<Prepared>;
  pulls: Stages['pulls'];
  /** Takes the task's pull request for Orch's own if its job has opened it. */
  adoptPull(task: Task): Promise<void>;
  model(run: Run): string | null;
  timeoutSeconds(task: Task, run: Run): number;
  /** A run's next step may be another now. */
  changed(run: Pick<Run, 'task'>): void;
}

export type Named = Pick<Run, 'task' | 'number'>;

export function nameOf({ task, number }: Named): string {
  return runName(task, number);
}

/** Where a run is carried out by now: a repository is where its tasks are, though it has moved since. */
export function placeNow({ tasks }: Pick<Store, 'tasks'>, run: Named, place: Place): Place {
  const { repository, repositoryId, installation } = tasks.get(run.task) as Task;
  return place.repositoryId === repositoryId ? { repository, repositoryId, installation } : place;
}
