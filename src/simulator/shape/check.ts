import type { CheckRun, CheckSuite, PullRequest, Repository } from '../model.ts';
import { isPull, type World } from '../world.ts';
import { shapeApp } from './app.ts';
import { type Json, nodeId, time, timeOrNull } from './common.ts';
import { pullUrl } from './pull.ts';
import { apiUrl, htmlUrl } from './repository.ts';

/** GitHub's `check-run`. */
export function shapeCheckRun(world: World, repository: Repository, run: CheckRun): Json {
  const url = `${apiUrl(world, repository)}/check-runs/${run.id}`;
  const page = `${htmlUrl(world, repository)}/runs/${run.id}`;
  return {
    id: run.id,
    node_id: nodeId('CheckRun', run.id),
    name: run.name,
    head_sha: run.headSha,
    external_id: run.externalId,
    url,
    html_url: page,
    details_url: run.detailsUrl ?? page,
    status: run.status,
    conclusion: run.conclusion,
    started_at: timeOrNull(run.startedAt),
    completed_at: timeOrNull(run.completedAt),
    output: {
      ...run.output,
      annotations_count: run.annotations.length,
      annotations_url: `${url}/annotations`,
    },
    check_suite: { id: run.suite.id },
    app: shapeApp(world, run.suite.app),
    pull_requests: pullsOf(world, repository, run.headSha),
  };
}

/** The same as webhooks have it: with the whole suite. */
export function shapeCheckRunEvent(world: World, repository: Repository, run: CheckRun): Json {
  return { ...shapeCheckRun(world, repository, run), check_suite: shapeSuite(world, repository, run.suite) };
}

/** GitHub's `check-suite`, as far as webhooks have it. */
export function shapeSuite(world: World, repository: Repository, suite: CheckSuite): Json {
  const runs = [...repository.checkRuns.values()].filter(run => run.suite === suite);
  const status = runs.every(run => run.status === 'completed') ? 'completed' : 'in_progress';
  const failed = runs.find(run => run.conclusion !== null && run.conclusion !== 'success');
  return {
    id: suite.id,
    node_id: nodeId('CheckSuite', suite.id),
    head_branch: suite.headBranch,
    head_sha: suite.headSha,
    status,
    conclusion: status === 'completed' ? (failed?.conclusion ?? 'success') : null,
    url: `${apiUrl(world, repository)}/check-suites/${suite.id}`,
    head_commit: suite.headCommit,
    before: null,
    after: suite.headSha,
    pull_requests: pullsOf(world, repository, suite.headSha),
    app: shapeApp(world, suite.app),
    created_at: time(suite.createdAt),
    updated_at: time(suite.createdAt),
  };
}

function pullsOf(world: World, repository: Repository, sha: string): Json[] {
  const open = [...repository.issues.values()]
    .filter(isPull)
    .filter(({ state, pull }) => state === 'open' && pull.head.fork === null && pull.head.sha === sha);
  return open.map(issue => shapeMinimalPull(world, repository, issue));
}

function shapeMinimalPull(world: World, repository: Repository, issue: PullRequest): Json {
  const repo = { id: repository.id, url: apiUrl(world, repository), name: repository.name };
  const { id, head, base } = issue.pull;
  return {
    id,
    number: issue.number,
    url: pullUrl(world, repository, issue.number),
    head: { ref: head.ref, sha: head.sha, repo },
    base: { ...base, repo },
  };
}
