import { proofOf } from '../../proof/due.ts';
import type { Task } from '../../task/glossary.ts';
import { isFinal } from '../../task/states.ts';
import type { Octokit } from '../client.ts';
import { ownerAndName } from '../comments.ts';
import { createOnce } from '../once.ts';
import { type Check, renderCheck } from './check.ts';
import { usedText } from './money.ts';
import type { ReporterOptions } from './reporter.ts';

/**
 * One check run on each head that the task has had: the pull request's where it was asked on one, then every push.
 * A check run can't be moved to another commit, so an older one ends as superseded.
 */
export async function reportChecks(options: ReporterOptions, octokit: Octokit, task: Task): Promise<null> {
  const heads = headsOf(options, task);
  const run = options.store.runs.ofTask(task.id).at(-1);
  // While it is at work the check run would be written anew with each step.
  const used = isFinal(task.state) ? usedText(options.store.usage.ofTask(task.id)) : '';
  const proof = proofOf(options.store, task);
  for (const head of heads) {
    const check = renderCheck(task, run, used, head === heads.at(-1), options.sandbox, proof);
    const isHeard = options.workflowRun === undefined;
    await writeCheck(options, octokit, task, head, isHeard ? check : { ...check, actions: [] });
  }
  return null;
}

function headsOf(options: ReporterOptions, task: Task): string[] {
  const pushed = options.store.journal
    .ofTask(task.id)
    .flatMap(event =>
      event.type === 'branch:pushed' || event.type === 'base:merged' ? [event.data.head] : [],
    );
  const all = task.headSha === null ? pushed : [task.headSha, ...pushed];
  // A head that was pushed again is where it was pushed last.
  return all.filter((head, index) => all.lastIndexOf(head) === index);
}

async function writeCheck(
  options: ReporterOptions,
  octokit: Octokit,
  task: Task,
  head: string,
  check: Check,
) {
  const { store, clock } = options;
  const { owner, repo } = ownerAndName(task.repository);
  const content = JSON.stringify(check);
  const { id, created } = await createOnce(store, {
    task: task.id,
    kind: 'check',
    key: head,
    now: clock.now(),
    lookUp: () => findCheck(octokit, task.repository, head, check),
    async create() {
      const { data } = await octokit.request('POST /repos/{owner}/{repo}/check-runs', {
        owner,
        repo,
        head_sha: head,
        ...check,
        request: { retries: 0 },
      });
      return Number(data.id);
    },
  });
  if (!created && store.creations.get(task.id, 'check', head)?.content !== content) {
    await octokit.request('PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}', {
      owner,
      repo,
      check_run_id: id,
      ...check,
    });
  }
  store.creations.record(task.id, 'check', head, id, content);
}

/** The App's check run of this name and external id on a commit. */
export async function findCheck(
  octokit: Octokit,
  repository: string,
  ref: string,
  check: Pick<Check, 'name' | 'external_id'>,
): Promise<number | null> {
  const { data } = await octokit.request('GET /repos/{owner}/{repo}/commits/{ref}/check-runs', {
    ...ownerAndName(repository),
    ref,
    check_name: check.name,
    // Else GitHub shows the newest of a name alone, which may be another task's.
    filter: 'all',
    per_page: 100,
  });
  const own = data.check_runs.find(run => run.external_id === check.external_id);
  return own ? Number(own.id) : null;
}
