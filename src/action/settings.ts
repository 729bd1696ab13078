import { loadSettings, requireSandbox, type Settings } from '../config/settings.ts';

/**
 * The settings of a job: those of the file that the workflow names, or of the runner's ORCH_CONFIG, or none. Where they name
 * no agent, those work that are on the runner. There is one task, whatever they say. Errors: E_SETTINGS, E_UNSANDBOXED.
 */
export function jobSettings(
  file: string | null,
  home: string,
  env: NodeJS.ProcessEnv,
): { settings: Settings; warnings: string[] } {
  const named = file ?? env.ORCH_CONFIG ?? '';
  const { settings, warnings } = loadSettings({
    // What a server of Orch's on this host is told is none of the job's.
    env: { HOME: env.HOME, PATH: env.PATH, ORCH_HOME: home },
    isAlone: true,
    ...(named === '' ? { text: '' } : { file: named }),
  });
  requireSandbox(settings);
  const taskQueue = { ...settings.taskQueue, maxSize: 1 };
  // All of it goes with the job, and not before what is in them is kept.
  const workspaces = { ...settings.workspaces, keepDays: 365 };
  return { settings: { ...settings, taskQueue, workspaces }, warnings };
}
