import { z } from 'zod';
import { ROLES } from '../config/schema.ts';
import type { Settings } from '../config/settings.ts';
import type { Order } from '../engine/actions/order.ts';
import { OrchError } from '../shared/errors.ts';

/**
 * The settings of a runner for one run that the App has ordered: nobody else may take it, and what comes after it is not
 * decided here. Errors: E_UNKNOWN_AGENT.
 */
export function orderedSettings(settings: Settings, { task, run }: Order): Settings {
  const profiles = settings.profiles.filter(({ name }) => name === run.agent);
  if (profiles.length === 0)
    throw new OrchError('E_UNKNOWN_AGENT', `There is no agent \`${run.agent}\` on this runner`, {
      remedy: 'Describe it in the file that the input `settings` names, or install its program.',
    });
  const { permissionsFloor } = settings.github;
  const isBot = task.requester.endsWith('[bot]');
  return {
    ...settings,
    profiles,
    github: { ...settings.github, permissionsFloor: floorOf(task.settings) ?? permissionsFloor },
    taskQueue: { ...settings.taskQueue, maxRetries: 0 },
    policies: {
      ...settings.policies,
      noPullRequest: 'fail',
      onLimit: 'ask',
      bots: isBot ? [task.requesterId] : [],
    },
  };
}

/** The App's own, under which the task was asked for. */
function floorOf(settings: Order['task']['settings']) {
  const shape = z.object({ permissions: z.object({ floor: z.enum(ROLES) }) });
  return shape.safeParse(settings).data?.permissions.floor ?? null;
}
