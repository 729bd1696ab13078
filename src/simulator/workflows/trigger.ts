import type { Deed } from '../world.ts';
import type { Trigger } from './run.ts';
import type { WorkflowFile } from './workflow-file.ts';

/** The types that start a workflow that names none. Of other events all do. */
const DEFAULT_TYPES: Readonly<Record<string, readonly string[]>> = {
  pull_request: ['opened', 'synchronize', 'reopened'],
};

/** Whether the file names an event, with its type and branch. */
export function names(
  file: WorkflowFile,
  event: string,
  action: string | null,
  branch: string | null,
): boolean {
  const on = file.on[event];
  if (!on) return false;
  const types = on.types ?? DEFAULT_TYPES[event];
  if (types && action !== null && !types.includes(action)) return false;
  const { branches, 'branches-ignore': ignored = [] } = on;
  if (branches && (branch === null || !isAmong(branches, branch))) return false;
  return branch === null || !isAmong(ignored, branch);
}

/** The last pattern that fits decides; `!` takes out again. */
function isAmong(patterns: readonly string[], branch: string): boolean {
  const last = patterns.findLast(one => matches(one.replace(/^!/, ''), branch));
  return last !== undefined && !last.startsWith('!');
}

/** `*` stands for all but a slash, `**` for all. */
function matches(pattern: string, branch: string): boolean {
  const source = pattern
    .split(/(\*\*|\*)/)
    .map(part =>
      part === '**' ? '.*' : part === '*' ? '[^/]*' : part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'),
    );
  return new RegExp(`^${source.join('')}$`).test(branch);
}

/** Where an event is, with the branch that filters look at. */
type Place = Omit<Trigger, 'inputs' | 'event'> & { base: string };

/** At its push, at its pull request, or else at the tip of the default branch. Null for nowhere. */
export function placeOf(
  { repository, actor: { user: actor } }: Deed,
  event: string,
  payload: Readonly<Record<string, unknown>>,
  tip: string,
): Place | null {
  if (event === 'push') {
    const { ref, after, deleted } = payload as { ref: string; after: string; deleted: boolean };
    const branch = ref.replace(/^refs\/(heads|tags)\//, '');
    return deleted ? null : { sha: after, ref, branch, base: branch, actor, isFromFork: false };
  }
  const { pull_request: pull } = payload as { pull_request?: PullPayload };
  if (!event.startsWith('pull_request') || !pull) {
    const branch = repository.defaultBranch;
    return { sha: tip, ref: `refs/heads/${branch}`, branch, base: branch, actor, isFromFork: false };
  }
  const { number, head, base } = pull;
  const isFromFork = head.repo?.id !== repository.id;
  const ref = `refs/pull/${number}/merge`;
  return { sha: head.sha, ref, branch: head.ref, base: base.ref, actor, isFromFork };
}

interface PullPayload {
  number: number;
  /** Without a repository when the fork is gone. */
  head: { ref: string; sha: string; repo: { id: number } | null };
  base: { ref: string };
}
