import { z } from 'zod';
import { createCheckRun, findCheckRun, rerequestCheck, updateCheckRun } from '../action/checks.ts';
import { notFound } from '../http/errors.ts';
import { paged, pagedUnder } from '../http/page.ts';
import {
  type Answer,
  created,
  ok,
  onRepository,
  parse,
  type RepositoryCall,
  type Route,
} from '../http/route.ts';
import type { CheckRun } from '../model.ts';
import { shapeCheckRun, shapeSuite } from '../shape/check.ts';
import { apiUrl, htmlUrl, shapeRepository } from '../shape/repository.ts';
import { resolved } from './commits.ts';

export const checkRoutes: readonly Route[] = [
  onRepository('POST', '/check-runs', 'checks:write', create),
  onRepository('GET', '/check-runs/:id', 'checks:read', get),
  onRepository('PATCH', '/check-runs/:id', 'checks:write', update),
  onRepository('GET', '/check-runs/:id/annotations', 'checks:read', annotations),
  onRepository('POST', '/check-runs/:id/rerequest', 'checks:write', rerequest),
  onRepository('GET', '/commits/:ref/check-runs', 'checks:read', listForRef),
  onRepository('GET', '/commits/:ref/check-suites', 'checks:read', listSuites),
  onRepository('GET', '/actions/jobs/:id/logs', 'actions:read', logs),
];

const CONCLUSIONS = [
  'action_required',
  'cancelled',
  'failure',
  'neutral',
  'success',
  'skipped',
  'stale',
  'timed_out',
] as const;

/** GitHub cuts nothing: what is longer than this is refused. */
const LONGEST_TEXT = 65_535;

const annotation = z.object({
  path: z.string(),
  start_line: z.number().int(),
  end_line: z.number().int(),
  start_column: z.number().int().optional(),
  end_column: z.number().int().optional(),
  annotation_level: z.enum(['notice', 'warning', 'failure']),
  message: z.string(),
  title: z.string().optional(),
  raw_details: z.string().optional(),
});

const change = z.object({
  name: z.string().min(1).optional(),
  details_url: z.string().optional(),
  external_id: z.string().optional(),
  status: z.enum(['queued', 'in_progress', 'completed']).optional(),
  started_at: z.string().optional(),
  completed_at: z.string().optional(),
  conclusion: z.enum(CONCLUSIONS).optional(),
  output: z
    .object({
      title: z.string().optional(),
      summary: z.string().max(LONGEST_TEXT),
      text: z.string().max(LONGEST_TEXT).optional(),
      annotations: z.array(annotation).max(50).optional(),
    })
    .optional(),
  actions: z
    .array(
      z.object({
        label: z.string().max(20),
        description: z.string().max(40),
        identifier: z.string().max(20),
      }),
    )
    .max(3)
    .optional(),
});

function shape(call: RepositoryCall, run: CheckRun) {
  return shapeCheckRun(call.world, call.repository, run);
}

async function create(call: RepositoryCall): Promise<Answer> {
  const input = parse(change.extend({ name: z.string().min(1), head_sha: z.string() }), call.body);
  return created(shape(call, await createCheckRun(call, input)));
}

function get(call: RepositoryCall): Answer {
  return ok(shape(call, findCheckRun(call, call.params.id)));
}

function update(call: RepositoryCall): Answer {
  const run = findCheckRun(call, call.params.id);
  updateCheckRun(call, run, parse(change, call.body));
  return ok(shape(call, run));
}

function annotations(call: RepositoryCall): Answer {
  const run = findCheckRun(call, call.params.id);
  return paged(call, run.annotations, ({ start_column, end_column, title, raw_details, ...rest }) => ({
    ...rest,
    start_column: start_column ?? null,
    end_column: end_column ?? null,
    title: title ?? null,
    raw_details: raw_details ?? null,
    blob_href: `${htmlUrl(call.world, call.repository)}/blob/${run.headSha}/${rest.path}`,
  }));
}

function rerequest(call: RepositoryCall): Answer {
  rerequestCheck(call, findCheckRun(call, call.params.id));
  return created({});
}

async function listForRef(call: RepositoryCall): Promise<Answer> {
  const sha = await resolved(call);
  const { check_name: name, status, filter = 'latest' } = call.query;
  const found = [...call.repository.checkRuns.values()]
    .filter(run => run.headSha === sha && (!name || run.name === name) && (!status || run.status === status))
    .reverse();
  const isLatest = (run: CheckRun) => found.find(other => other.name === run.name) === run;
  return pagedUnder(call, 'check_runs', filter === 'all' ? found : found.filter(isLatest), run =>
    shape(call, run),
  );
}

async function listSuites(call: RepositoryCall): Promise<Answer> {
  const { world, repository } = call;
  const sha = await resolved(call);
  const runs = [...repository.checkRuns.values()].filter(run => run.headSha === sha);
  return pagedUnder(call, 'check_suites', [...new Set(runs.map(({ suite }) => suite))], suite => ({
    ...shapeSuite(world, repository, suite),
    repository: shapeRepository(world, repository),
    latest_check_runs_count: runs.filter(run => run.suite === suite).length,
    check_runs_url: `${apiUrl(world, repository)}/check-suites/${suite.id}/check-runs`,
  }));
}

/** GitHub leads to a place outside of its API. */
function logs(call: RepositoryCall): Answer {
  const run = findCheckRun(call, call.params.id);
  if (run.log === null) throw notFound();
  return { status: 302, headers: { location: `${call.world.url}/_logs/${run.id}` } };
}
