import type { Settings } from '../config/settings.ts';
import type { Store } from '../store/open.ts';
import type { Run } from '../task/glossary.ts';

/**
 * The model that a run is started with: the one asked for, where its agent is the one that had the task first, for others do
 * not know it; else its profile's own. Null: the CLI decides.
 */
export function modelOf(
  { store, settings }: { store: Store; settings: Pick<Settings, 'profiles'> },
  run: Run,
): string | null {
  const first = store.runs.get(run.task, 1)?.profile ?? run.profile;
  const asked = first === run.profile ? store.tasks.get(run.task)?.model : null;
  return asked ?? settings.profiles.find(({ name }) => name === run.profile)?.model ?? null;
}
