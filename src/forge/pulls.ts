import type { PullWords } from '../store/checkpoints.ts';
import type { Store } from '../store/open.ts';
import type { Task } from '../task/glossary.ts';

export type { PullWords };

export interface PullRequest {
  number: number;
  /** Null where no page shows it. */
  url: string | null;
  draft: boolean;
  created: boolean;
}

export interface PullText {
  title: string;
  body: string;
  draft: boolean;
}

/** A pull request as a webhook or a look at GitHub shows it. */
export interface PullSeen {
  number: number;
  url: string | null;
  state: 'open' | 'closed' | 'merged';
  draft: boolean;
}

/**
 * Writes down how the task's pull request stands, once, whoever sees it first. False when the task has changed hands
 * since it was read.
 */
export function recordPull(store: Store, task: Task, seen: PullSeen, now: number): boolean {
  return store.transaction(() => {
    const current = store.tasks.get(task.id);
    if (!current || current.epoch !== task.epoch) return false;
    const isKnown = current.pull === seen.number;
    if (isKnown && current.pullState === seen.state) return true;
    // Another pull request from the same branch counts only while the task has no open one of its own.
    if (!isKnown && current.pull !== null && (current.pullState === 'open' || seen.state !== 'open'))
      return true;
    const patch = { pull: seen.number, pullUrl: seen.url, pullState: seen.state, updatedAt: now };
    store.tasks.update(task.id, task.epoch, patch);
    if (isKnown) store.journal.append(now, task.id, 'pull:state', { state: seen.state });
    else {
      const { number, url, draft } = seen;
      store.journal.append(now, task.id, 'pull:opened', { number, url, draft });
    }
    return true;
  });
}
