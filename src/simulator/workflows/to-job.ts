import { fullName } from '../world.ts';
import type { Job } from './job.ts';
import type { WorkflowJob, WorkflowRun } from './run.ts';

/** A job as a runner gets it, with its token. */
export function toJob({ check, key, run, definition, contexts, cancel }: WorkflowJob, token: string): Job {
  const { repository, path } = run.workflow;
  const person = ({ id, login }: WorkflowRun['actor']) => ({ id, login });
  return {
    id: check.id,
    key,
    run: { id: run.id, number: run.number, attempt: run.attempt },
    repository: { id: repository.id, fullName: fullName(repository), ownerId: repository.owner.id },
    workflow: run.name,
    workflowRef: `${fullName(repository)}/${path}@${run.ref}`,
    event: run.event,
    sha: run.sha,
    ref: run.ref,
    actor: person(run.actor),
    triggeringActor: person(run.triggeringActor),
    token,
    env: { ...run.file.env, ...definition.env },
    steps: definition.steps,
    contexts: {
      ...contexts,
      github: { ...contexts.github, token, job: key },
      secrets: { ...contexts.secrets, GITHUB_TOKEN: token },
    },
    cancelled: cancel.signal,
  };
}
