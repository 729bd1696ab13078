import type { Repository } from '../model.ts';
import type { Deed } from '../world.ts';
import type { Trigger } from './run.ts';
import type { WorkflowFile } from './workflow-file.ts';

/** The types that start a workflow that names none. Of other events all do. */
const PULL_TYPES = ['opened', 'synchronize', 'reopened'];
const DEFAULT_TYPES: Readonly<Record<string, readonly string[]>> = {
  pull_request: PULL_TYPES,
  pull_request_target: PULL_TYPES,
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
  return on.branches === undefined || (branch !== null && on.branches.some(one => matches(one, branch)));
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

/** Where an event is: at its push, at its pull request, or else at the default branch. Null for nowhere. */
export function placeOf(
  { repository, actor }: Deed,
  event: string,
  payload: Readonly<Record<string, unknown>>,
  tip: string,
): (Omit<Trigger, 'inputs' | 'event'> & { base: string | null }) | null {
  const actorUser = actor.user;
  if (event === 'push') {
    const { ref, after, deleted } = payload as { ref: string; after: string; deleted: boolean };
    const branch = ref.replace(/^refs\/(heads|tags)\//, '');
    return deleted ? null : { sha: after, ref, branch, base: branch, actor: actorUser };
  }
  const pull = event.startsWith('pull_request')
    ? (payload.pull_request as PullPayload | undefined)
    : undefined;
  const { defaultBranch } = repository;
  if (!pull) return { ...atBranch(repository, defaultBranch, tip), base: defaultBranch, actor: actorUser };
  const { number, head, base } = pull;
  return {
    sha: head.sha,
    ref: `refs/pull/${number}/merge`,
    branch: head.ref,
    base: base.ref,
    actor: actorUser,
  };
}

interface PullPayload {
  number: number;
  head: { ref: string; sha: string };
  base: { ref: string };
}

function atBranch(_: Repository, branch: string, sha: string) {
  return { sha, ref: `refs/heads/${branch}`, branch };
}
