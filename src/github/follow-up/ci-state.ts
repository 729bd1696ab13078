import { hasStatus, isRefusal, type Octokit } from '../client.ts';
import { ownerAndName } from '../comments.ts';

/** One check of a commit that has failed. */
export interface Failure {
  name: string;
  /** Where people read more of it; null where it names nothing. */
  url: string | null;
  /** Of a check run; null for a status. */
  run: number | null;
  /** It is a job of GitHub Actions, whose log can be read. */
  isJob: boolean;
  /** What it says in a sentence. */
  summary: string;
}

export type CiState = { kind: 'none' | 'pending' | 'passed' } | { kind: 'failed'; failures: Failure[] };

const FAILED = ['failure', 'timed_out', 'startup_failure'];

/**
 * How CI stands on a commit: of all Apps but `self`, and of statuses. It has failed only when all of it has ended; suites of which
 * no run is known count for nothing, since GitHub makes them for each App that might say something.
 */
export async function readCi(
  octokit: Octokit,
  repository: string,
  ref: string,
  self: number | null,
): Promise<CiState> {
  const at = { ...ownerAndName(repository), ref, per_page: 100 };
  const [runs, statuses] = await Promise.all([
    octokit.paginate('GET /repos/{owner}/{repo}/commits/{ref}/check-runs', at),
    readStatuses(octokit, at),
  ]);
  const others = runs.filter(({ app }) => app?.id !== self);
  if (others.length === 0 && statuses.length === 0) return { kind: 'none' };
  const isPending = others.some(({ status }) => status !== 'completed');
  if (isPending || statuses.some(({ state }) => state === 'pending')) return { kind: 'pending' };
  const failures = [
    ...others
      .filter(({ conclusion }) => FAILED.includes(conclusion ?? ''))
      .map(run => ({
        name: run.name,
        url: run.html_url,
        run: run.id,
        isJob: run.app?.slug === 'github-actions',
        summary: [run.output.title, run.output.summary].filter(Boolean).join('\n'),
      })),
    ...statuses
      .filter(({ state }) => state === 'failure' || state === 'error')
      .map(({ context, target_url, description }) => ({
        ...{ name: context, url: target_url, run: null, isJob: false, summary: description ?? '' },
      })),
  ];
  if (failures.length === 0) return { kind: 'passed' };
  return (await isToGoOn(octokit, at, self)) ? { kind: 'pending' } : { kind: 'failed', failures };
}

/** A workflow has more jobs to come than those that are known. */
async function isToGoOn(
  octokit: Octokit,
  at: { owner: string; repo: string; ref: string; per_page: number },
  self: number | null,
): Promise<boolean> {
  const suites = await octokit.paginate('GET /repos/{owner}/{repo}/commits/{ref}/check-suites', at);
  return suites.some(
    ({ app, status, latest_check_runs_count: count }) =>
      app?.id !== self && status !== 'completed' && count > 0,
  );
}

/** The newest of each context. An App that may not read them sees none. */
async function readStatuses(octokit: Octokit, at: { owner: string; repo: string; ref: string }) {
  try {
    const route = 'GET /repos/{owner}/{repo}/commits/{ref}/status';
    return (await octokit.request(route, { ...at, per_page: 100 })).data.statuses;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return [];
  }
}

interface Annotation {
  path: string;
  line: number;
  message: string;
}

/** What a failure says of itself. */
export interface Details {
  annotations: readonly Annotation[];
  /** The end of its log; empty where it has none that can be read. */
  log: string;
}

/** Reads what failures say, each once. */
export function detailsReader(octokit: Octokit, repository: string): (failure: Failure) => Promise<Details> {
  const known = new WeakMap<Failure, Promise<Details>>();
  const read = async ({ run, isJob }: Failure): Promise<Details> => ({
    annotations: await readAnnotations(octokit, repository, run),
    log: isJob ? await readLogEnd(octokit, repository, run as number) : '',
  });
  return failure => {
    const details = known.get(failure) ?? read(failure);
    known.set(failure, details);
    return details;
  };
}

const MOST_ANNOTATIONS = 50;

/** What a check run says went wrong, and where. */
async function readAnnotations(
  octokit: Octokit,
  repository: string,
  run: number | null,
): Promise<Annotation[]> {
  if (run === null) return [];
  const route = 'GET /repos/{owner}/{repo}/check-runs/{check_run_id}/annotations';
  const at = { ...ownerAndName(repository), check_run_id: run, per_page: MOST_ANNOTATIONS };
  const { data } = await octokit.request(route, at);
  return data
    .filter(({ annotation_level: level }) => level === 'failure')
    .map(({ path, start_line: line, message }) => ({ path, line, message: message ?? '' }));
}

/** Of a log (bytes), its end; and of what is read at most. */
const KEPT = 256 * 1024;
const MOST_READ = 64 * 1024 * 1024;

/** The end of a job's log; empty where GitHub has none any more, or the App may not read it. */
async function readLogEnd(octokit: Octokit, repository: string, job_id: number): Promise<string> {
  try {
    const { data } = await octokit.request('GET /repos/{owner}/{repo}/actions/jobs/{job_id}/logs', {
      ...ownerAndName(repository),
      job_id,
      // It may be as large as disks are: read as it comes.
      request: { parseSuccessResponseBody: false },
    });
    return await endOf(data as unknown as ReadableStream<Uint8Array>);
  } catch (error) {
    if (!isRefusal(error) && !hasStatus(error, 404, 410)) throw error;
    return '';
  }
}

async function endOf(stream: ReadableStream<Uint8Array>): Promise<string> {
  let kept = Buffer.alloc(0);
  let read = 0;
  for await (const chunk of stream) {
    kept = Buffer.concat([kept, chunk]).subarray(-KEPT);
    read += chunk.length;
    if (read > MOST_READ) break;
  }
  return kept.toString('utf8');
}
