import { cancel, changeState, retry } from '../queue/change.ts';
import type { Clock } from '../shared/clock.ts';
import type { Log } from '../shared/log.ts';
import type { Store } from '../store/open.ts';
import type { TaskPlace } from '../store/tasks.ts';
import { type Task, taskName } from '../task/glossary.ts';
import { isFinal } from '../task/states.ts';
import {
  installationChanged,
  issueGone,
  pullRequest,
  repositoriesChanged,
  repositoryChanged,
} from './payloads.ts';
import { isOwnPull } from './pulls.ts';

/** What becomes of tasks when the place that they work at changes: installation, repository, issue, pull request. */
export interface Ground {
  store: Store;
  clock: Clock;
  log: Log;
}

const UNINSTALLED = 'the App was uninstalled from this account';
export const SUSPENDED = 'the App is suspended here; the task goes on when it is not any more';
const REMOVED = 'the App was taken away from this repository';
const DELETED = 'the repository was deleted';
export const OUT_OF_REACH = 'GitHub does not let the App reach this repository any more';

type Handler = (ground: Ground, payload: unknown) => void;

export const PLACES: Record<string, Handler> = {
  'installation.deleted': (ground, raw) => leaveInstallation(ground, raw, UNINSTALLED),
  'installation.suspend': (ground, raw) => leaveInstallation(ground, raw, SUSPENDED),
  'installation.unsuspend': unsuspended,
  'installation_repositories.removed': removed,
  'repository.deleted': (ground, raw) => {
    const { repository } = repositoryChanged.parse(raw);
    leave(ground, ground.store.tasks.openInRepository(repository.id), DELETED);
    ground.store.repositories.forget(repository.id);
  },
  // Where it is by now has been found out: see `openNotice`.
  'repository.renamed': () => {},
  'repository.transferred': transferred,
  'issues.deleted': issueLeft,
  'issues.transferred': issueLeft,
  'pull_request.edited': retargeted,
};

/** Events that every App gets, so that none subscribes to them. */
export const ALWAYS_SENT: ReadonlySet<string> = new Set(['installation', 'installation_repositories']);

function leaveInstallation({ store, ...rest }: Ground, raw: unknown, reason: string): void {
  const { installation } = installationChanged.parse(raw);
  const tasks = store.tasks.openInInstallation(installation.id);
  leave({ store, ...rest }, tasks, reason);
  if (reason === SUSPENDED) return;
  for (const id of new Set(tasks.map(task => task.repositoryId))) store.repositories.forget(id);
}

function unsuspended(ground: Ground, raw: unknown): void {
  const { installation } = installationChanged.parse(raw);
  goOn(ground, SUSPENDED, task => task.installation === installation.id);
}

function removed(ground: Ground, raw: unknown): void {
  const { installation, repositories_removed } = repositoriesChanged.parse(raw);
  for (const { id } of repositories_removed) {
    const tasks = ground.store.tasks.openInRepository(id);
    // A repository that was transferred meanwhile belongs to another installation by now.
    leave(
      ground,
      tasks.filter(task => task.installation === installation.id),
      REMOVED,
    );
    ground.store.repositories.forget(id);
  }
}

/** To an account where the App is installed: GitHub tells that installation. It may tell the old one of its loss first. */
function transferred(ground: Ground, raw: unknown): void {
  const { repository } = repositoryChanged.parse(raw);
  for (const reason of [REMOVED, OUT_OF_REACH])
    goOn(ground, reason, task => task.repositoryId === repository.id);
}

/** Its number is what a repository is known by. */
export function relocate({ store, log }: Pick<Ground, 'store' | 'log'>, place: TaskPlace): void {
  if (store.tasks.move(place)) log.info(place, 'the repository is reached by another name or installation');
}

/** Open tasks end; what their agents have committed stays in Orch's copy of the repository. */
export function leave({ store, clock, log }: Ground, tasks: readonly Task[], reason: string): void {
  for (const { id, repository, head } of tasks) {
    cancel(store, id, reason, clock.now());
    log.warn({ task: taskName(id), repository, head, reason }, 'cancelled; commits are kept on this host');
  }
}

function goOn({ store, clock }: Ground, reason: string, fits: (task: Task) => boolean): void {
  for (const task of store.tasks.cancelledFor(reason).filter(fits))
    retry(store, task.id, 'the App may work here again', clock.now());
}

function issueLeft(ground: Ground, raw: unknown): void {
  const { repository, issue, changes } = issueGone.parse(raw);
  const tasks = ground.store.tasks.byIssue(repository.id, issue.number).filter(task => !isFinal(task.state));
  const reason = changes
    ? `the issue was moved to ${changes.new_repository.full_name}#${changes.new_issue.number}: ask there`
    : 'the issue was deleted';
  leave(ground, tasks, reason);
}

/** A later try starts from where the pull request goes to by now. */
function retargeted({ store, clock }: Ground, raw: unknown): void {
  const { pull_request: pull, repository } = pullRequest.parse(raw);
  const patch = { base: pull.base.ref, target: pull.base.ref, updatedAt: clock.now() };
  for (const task of store.tasks.onBranch(repository.id, pull.head.ref)) {
    if (task.pull !== pull.number || task.target === pull.base.ref || !isOwnPull(store, task)) continue;
    store.tasks.update(task.id, task.epoch, patch);
  }
}

/**
 * Who closes or merges the pull request has decided: what the agent still does is not wanted any more. One that somebody
 * else opened they may close without any right here, so its end decides only if it was merged.
 */
export function decided({ store, clock }: Ground, id: number): void {
  store.transaction(() => {
    const task = store.tasks.get(id);
    if (!task || isFinal(task.state) || task.pullState === null || task.pullState === 'open') return;
    if (task.pullState === 'merged' && task.state === 'running')
      changeState(store, task, 'completed', clock.now(), { epoch: task.epoch + 1 });
    else if (task.pullState === 'merged' || isOwnPull(store, task))
      cancel(store, id, `the pull request #${task.pull} was ${task.pullState}`, clock.now());
  });
}
