import type { CheckSuite, Repository } from '../model.ts';
import type { Workflow, WorkflowJob, WorkflowRun } from '../workflows/run.ts';
import type { World } from '../world.ts';
import { type Json, nodeId, time, timeOrNull } from './common.ts';
import { apiUrl, htmlUrl, shapeRepository } from './repository.ts';
import { shapeUser } from './user.ts';

/** GitHub's `workflow`. */
export function shapeWorkflow(world: World, workflow: Workflow, name: string): Json {
  const { id, repository, path, createdAt } = workflow;
  const page = htmlUrl(world, repository);
  const file = path.split('/').at(-1);
  return {
    id,
    node_id: nodeId('Workflow', id),
    name,
    path,
    state: 'active',
    created_at: time(createdAt),
    updated_at: time(createdAt),
    url: `${apiUrl(world, repository)}/actions/workflows/${id}`,
    html_url: `${page}/blob/${repository.defaultBranch}/${path}`,
    badge_url: `${page}/actions/workflows/${file}/badge.svg`,
  };
}

/** GitHub's `workflow-run`. */
export function shapeWorkflowRun(world: World, run: WorkflowRun): Json {
  const { repository } = run.workflow;
  const url = `${apiUrl(world, repository)}/actions/runs/${run.id}`;
  return {
    id: run.id,
    name: run.name,
    node_id: nodeId('WorkflowRun', run.id),
    check_suite_id: run.suite.id,
    check_suite_node_id: nodeId('CheckSuite', run.suite.id),
    head_branch: run.branch,
    head_sha: run.sha,
    path: run.workflow.path,
    display_title: run.title,
    run_number: run.number,
    run_attempt: run.attempt,
    event: run.event.name,
    status: run.status,
    conclusion: run.conclusion,
    workflow_id: run.workflow.id,
    url,
    html_url: `${htmlUrl(world, repository)}/actions/runs/${run.id}`,
    pull_requests: [],
    created_at: time(run.createdAt),
    updated_at: time(run.updatedAt),
    actor: shapeUser(world, run.actor),
    triggering_actor: shapeUser(world, run.triggeringActor),
    run_started_at: time(run.startedAt),
    jobs_url: `${url}/jobs`,
    logs_url: `${url}/logs`,
    check_suite_url: `${apiUrl(world, repository)}/check-suites/${run.suite.id}`,
    artifacts_url: `${url}/artifacts`,
    cancel_url: `${url}/cancel`,
    rerun_url: `${url}/rerun`,
    previous_attempt_url: run.attempt === 1 ? null : `${url}/attempts/${run.attempt - 1}`,
    workflow_url: `${apiUrl(world, repository)}/actions/workflows/${run.workflow.id}`,
    referenced_workflows: [],
    head_commit: run.suite.headCommit,
    repository: shapeRepository(world, repository),
    head_repository: shapeRepository(world, repository),
  };
}

/** GitHub's `job`. */
export function shapeJob(world: World, job: WorkflowJob): Json {
  const { run, check, runner, steps } = job;
  const { repository } = run.workflow;
  const api = apiUrl(world, repository);
  return {
    id: check.id,
    run_id: run.id,
    workflow_name: run.name,
    head_branch: run.branch,
    run_url: `${api}/actions/runs/${run.id}`,
    run_attempt: run.attempt,
    node_id: nodeId('CheckRun', check.id),
    head_sha: run.sha,
    url: `${api}/actions/jobs/${check.id}`,
    html_url: `${htmlUrl(world, repository)}/actions/runs/${run.id}#job-${check.id}`,
    status: job.status,
    conclusion: job.conclusion,
    created_at: time(job.createdAt),
    started_at: time(job.startedAt ?? job.createdAt),
    completed_at: timeOrNull(job.completedAt),
    name: check.name,
    steps: steps.map(({ name, number, status, conclusion, startedAt, completedAt }) => ({
      name,
      number,
      status,
      conclusion,
      started_at: time(startedAt),
      completed_at: timeOrNull(completedAt),
    })),
    check_run_url: `${api}/check-runs/${check.id}`,
    labels: job.labels,
    runner_id: runner?.id ?? null,
    runner_name: runner?.name ?? null,
    runner_group_id: runner && 1,
    runner_group_name: runner && 'Default',
  };
}

/** GitHub's `simple-commit`. */
export async function shapeCommitOf(repository: Repository, sha: string): Promise<CheckSuite['headCommit']> {
  const { tree, message, author, committer } = await repository.git.commit(sha);
  const person = ({ name, email }: { name: string; email: string }) => ({ name, email });
  return {
    id: sha,
    tree_id: tree,
    message: message.trim(),
    timestamp: time(committer.date),
    author: person(author),
    committer: person(committer),
  };
}
