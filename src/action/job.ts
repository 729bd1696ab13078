import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { OrchError } from '../shared/errors.ts';

/** The job of GitHub Actions that the action is a step of, as its runner tells. */
export interface Job {
  event: { name: string; payload: unknown };
  /** `owner/name`, and GitHub's number for it. */
  repository: { fullName: string; id: number; isPublic: boolean };
  /** The runner is a machine of one's own, not GitHub's. */
  isSelfHosted: boolean;
  /** The workflow run: a re-run has the same id, and the next attempt. */
  run: { id: number; attempt: number; url: string };
  /** Who has started it. */
  actor: { login: string; id: number };
  apiUrl: string;
  serverUrl: string;
  /** Emptied before and after each job. */
  temporary: string;
}

const number = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(Number);

const environment = z.object({
  GITHUB_EVENT_NAME: z.string().min(1),
  GITHUB_EVENT_PATH: z.string().min(1),
  GITHUB_REPOSITORY: z.string().regex(/^[^/\s]+\/[^/\s]+$/),
  GITHUB_REPOSITORY_ID: number,
  GITHUB_RUN_ID: number,
  GITHUB_RUN_ATTEMPT: number,
  GITHUB_ACTOR: z.string().min(1),
  GITHUB_ACTOR_ID: number,
  GITHUB_API_URL: z.url(),
  GITHUB_SERVER_URL: z.url(),
  RUNNER_ENVIRONMENT: z.string().optional(),
  RUNNER_TEMP: z.string().min(1),
});

const publicEvent = z.object({ repository: z.object({ private: z.literal(false) }) });

/** Reads what the runner has set. Errors: E_INPUT when this is no job, or the event can't be read. */
export function readJob(env: NodeJS.ProcessEnv): Job {
  const parsed = environment.safeParse(env);
  if (!parsed.success) {
    const names = parsed.error.issues.map(({ path }) => path.join('.'));
    throw new OrchError('E_INPUT', `The runner does not tell ${names.join(', ')}`, { remedy: NO_JOB });
  }
  const { data } = parsed;
  const { GITHUB_REPOSITORY: fullName, GITHUB_RUN_ID: id, GITHUB_SERVER_URL: serverUrl } = data;
  const payload = readEvent(data.GITHUB_EVENT_PATH);
  return {
    event: { name: data.GITHUB_EVENT_NAME, payload },
    repository: { fullName, id: data.GITHUB_REPOSITORY_ID, isPublic: publicEvent.safeParse(payload).success },
    isSelfHosted: data.RUNNER_ENVIRONMENT === 'self-hosted',
    run: { id, attempt: data.GITHUB_RUN_ATTEMPT, url: `${serverUrl}/${fullName}/actions/runs/${id}` },
    actor: { login: data.GITHUB_ACTOR, id: data.GITHUB_ACTOR_ID },
    apiUrl: data.GITHUB_API_URL,
    serverUrl,
    temporary: data.RUNNER_TEMP,
  };
}

const NO_JOB = 'The action is a step of a job of GitHub Actions: start it with `uses:` in a workflow.';

function readEvent(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new OrchError('E_INPUT', "The event of the workflow run can't be read", { cause, remedy: NO_JOB });
  }
}
