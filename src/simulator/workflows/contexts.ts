import { fullName, type World } from '../world.ts';
import type { Contexts } from './expression.ts';
import type { WorkflowRun } from './run.ts';

/** What expressions of a run can name, before any of its jobs has begun. */
export function contextsOf(world: World, run: WorkflowRun): Contexts {
  const { repository } = run.workflow;
  const github = {
    event: run.event.payload,
    event_name: run.event.name,
    repository: fullName(repository),
    repository_id: String(repository.id),
    repository_owner: repository.owner.login,
    repository_owner_id: String(repository.owner.id),
    run_id: String(run.id),
    run_number: String(run.number),
    run_attempt: String(run.attempt),
    actor: run.actor.login,
    actor_id: String(run.actor.id),
    triggering_actor: run.triggeringActor.login,
    workflow: run.name,
    sha: run.sha,
    ref: run.ref,
    ref_name: run.ref.replace(/^refs\/(heads|tags|pull)\//, ''),
    head_ref: run.ref.startsWith('refs/pull/') ? run.branch : '',
    server_url: world.url,
    api_url: `${world.url}/api/v3`,
  };
  const { secrets, vars } = world.workflows;
  return {
    github,
    inputs: run.inputs,
    secrets: run.isFromFork ? {} : Object.fromEntries(secrets),
    vars: Object.fromEntries(vars),
  };
}
