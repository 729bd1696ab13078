import { z } from 'zod';
import { pagedUnder } from '../http/page.ts';
import {
  type Answer,
  created,
  NO_CONTENT,
  ok,
  onRepository,
  parse,
  type RepositoryCall,
  type Route,
} from '../http/route.ts';
import { shapeJob, shapeWorkflow, shapeWorkflowRun } from '../shape/workflow.ts';
import type { WorkflowRun } from '../workflows/run.ts';

export const workflowRoutes: readonly Route[] = [
  onRepository('GET', '/actions/workflows', 'actions:read', listWorkflows),
  onRepository('GET', '/actions/workflows/:id', 'actions:read', getWorkflow),
  onRepository('GET', '/actions/workflows/:id/runs', 'actions:read', listRunsOf),
  onRepository('POST', '/actions/workflows/:id/dispatches', 'actions:write', dispatch),
  onRepository('GET', '/actions/runs', 'actions:read', listRuns),
  onRepository('GET', '/actions/runs/:run', 'actions:read', call =>
    ok(shapeWorkflowRun(call.world, find(call))),
  ),
  onRepository('GET', '/actions/runs/:run/jobs', 'actions:read', listJobs),
  onRepository('POST', '/actions/runs/:run/cancel', 'actions:write', call => cancel(call, false)),
  onRepository('POST', '/actions/runs/:run/force-cancel', 'actions:write', call => cancel(call, true)),
  onRepository('POST', '/actions/runs/:run/rerun', 'actions:write', rerun),
  onRepository('POST', '/dispatches', 'contents:write', repositoryDispatch),
];

function find({ world, repository, params }: RepositoryCall): WorkflowRun {
  return world.workflows.find(repository, params.run);
}

async function listWorkflows(call: RepositoryCall): Promise<Answer> {
  const { files } = await call.world.workflows.files.at(call.repository, null);
  return pagedUnder(call, 'workflows', [...files], ([workflow, { name }]) =>
    shapeWorkflow(call.world, workflow, name ?? workflow.path),
  );
}

async function workflowOf({ world, repository, params }: RepositoryCall) {
  return world.workflows.files.find(repository, params.id ?? '');
}

async function getWorkflow(call: RepositoryCall): Promise<Answer> {
  const workflow = await workflowOf(call);
  const { files } = await call.world.workflows.files.at(call.repository, null);
  return ok(shapeWorkflow(call.world, workflow, files.get(workflow)?.name ?? workflow.path));
}

async function listRunsOf(call: RepositoryCall): Promise<Answer> {
  const workflow = await workflowOf(call);
  return runs(call, run => run.workflow === workflow);
}

function listRuns(call: RepositoryCall): Answer {
  return runs(call, () => true);
}

function runs(call: RepositoryCall, wanted: (run: WorkflowRun) => boolean): Answer {
  const { event, status, branch, actor } = call.query;
  const found = [...call.world.workflows.runs.values()].filter(
    run =>
      run.workflow.repository === call.repository &&
      wanted(run) &&
      (!event || run.event.name === event) &&
      (!branch || run.branch === branch) &&
      (!actor || run.actor.login === actor) &&
      (!status || run.status === status || run.conclusion === status),
  );
  return pagedUnder(call, 'workflow_runs', found.reverse(), run => shapeWorkflowRun(call.world, run));
}

function listJobs(call: RepositoryCall): Answer {
  return pagedUnder(call, 'jobs', find(call).jobs, job => shapeJob(call.world, job));
}

const dispatchBody = z.object({
  ref: z.string(),
  inputs: z.record(z.string(), z.unknown()).default({}),
  return_run_details: z.boolean().default(false),
});

async function dispatch(call: RepositoryCall): Promise<Answer> {
  const { ref, inputs, return_run_details } = parse(dispatchBody, call.body);
  const run = await call.world.workflows.dispatch(call, await workflowOf(call), ref, inputs);
  if (!return_run_details) return NO_CONTENT;
  const { id, url, html_url } = shapeWorkflowRun(call.world, run);
  return ok({ workflow_run_id: id, run_url: url, html_url });
}

function cancel(call: RepositoryCall, byForce: boolean): Answer {
  call.world.workflows.cancel(find(call), byForce);
  return { status: 202, body: {} };
}

async function rerun(call: RepositoryCall): Promise<Answer> {
  await call.world.workflows.rerun(call, find(call));
  return created({});
}

const repositoryDispatchBody = z.object({
  event_type: z.string().min(1).max(100),
  client_payload: z.record(z.string(), z.unknown()).default({}),
});

function repositoryDispatch(call: RepositoryCall): Answer {
  const { event_type, client_payload } = parse(repositoryDispatchBody, call.body);
  call.world.workflows.repositoryDispatch(call, event_type, client_payload);
  return NO_CONTENT;
}
