import type { RunOptions } from '../command/options.ts';
import { budgetOf } from './budgets.ts';
import type { RepositorySettings } from './repository.ts';
import type { Settings } from './settings.ts';

/** How a task is to be done: as whoever asks for it says, else its repository, else the server. */
export function wantedOf(options: RunOptions, repository: RepositorySettings, settings: Settings) {
  const { defaultPriority, defaultTimeoutMinutes } = settings.taskQueue;
  return {
    agent: options.agent ?? null,
    capabilities: options.capabilities ?? [],
    model: options.model ?? null,
    priority: options.priority ?? defaultPriority,
    timeoutSeconds: options.timeoutSeconds ?? repository.timeoutSeconds ?? defaultTimeoutMinutes * 60,
    ...budgetOf(options.budget, repository.budget, settings.budgets.task),
  };
}
