import { changeState } from '../queue/change.ts';
import { say } from '../queue/say.ts';
import type { ErrorCode } from '../shared/errors.ts';
import type { Store } from '../store/open.ts';
import type { Task } from '../task/glossary.ts';

/** What another host, or some time, would have; a job has neither. */
const OF_HOST: readonly ErrorCode[] = ['E_SANDBOX_UNAVAILABLE', 'E_LIMITS_UNAVAILABLE', 'E_DISK_FULL'];

/** In a job there is nobody to answer, and nobody to mend the host: what would wait for either goes on, or fails. */
export function attend(store: Store, task: Task, now: number): void {
  if (task.question !== null) answer(store, task, now);
  else if (task.state === 'paused' && task.wakeAt === null)
    fail(store, task, `${task.reason}; in a workflow nobody can let it go on`, now);
  else if (task.state === 'queued' && waitsForHost(task)) fail(store, task, task.reason, now);
}

function answer(store: Store, { id, epoch, question }: Task, now: number): void {
  const text =
    'Nobody can answer you here. Decide for yourself, and say in the pull request what you took for granted.';
  say(store, id, { text, author: 'Orch', source: `nobody:${epoch}:${question}` }, now);
}

function fail(store: Store, task: Task, reason: string | null, now: number): void {
  changeState(store, task, 'failed', now, { reason, epoch: task.epoch + 1 });
}

function waitsForHost({ reason }: Task): boolean {
  return OF_HOST.some(code => reason?.startsWith(`${code}:`));
}
