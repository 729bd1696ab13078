import { changeState } from '../queue/change.ts';
import { say } from '../queue/say.ts';
import { ERRORS } from '../shared/errors.ts';
import type { Store } from '../store/open.ts';
import type { Task } from '../task/glossary.ts';

/** What a server waits for until somebody mends it. */
const OF_HOST = ['E_SANDBOX_UNAVAILABLE', 'E_LIMITS_UNAVAILABLE', 'E_DISK_FULL'] as const;

/** In a job there is nobody to answer, and nobody to mend the host: what would wait for either goes on, or fails. */
export function attend(store: Store, task: Task, now: number): void {
  if (task.question !== null) answer(store, task, now);
  else if (task.state === 'paused' && task.wakeAt === null)
    fail(store, task, `${task.reason}; in a workflow nobody can let it go on`, now);
  else if (task.state === 'queued') failOnHost(store, task, now);
}

function answer(store: Store, { id, epoch, question }: Task, now: number): void {
  const text =
    'Nobody can answer you here. Decide for yourself, and say in the pull request what you took for granted.';
  say(store, id, { text, author: 'Orch', source: `nobody:${epoch}:${question}` }, now);
}

/** Its reason says what to do: there it would go on by itself. */
function failOnHost(store: Store, task: Task, now: number): void {
  const { reason } = task;
  const code = OF_HOST.find(each => reason?.startsWith(`${each}:`));
  if (reason === null || code === undefined) return;
  fail(store, task, reason.replace(ERRORS[code], 'Mend that on the runner, then run the job again.'), now);
}

function fail(store: Store, task: Task, reason: string, now: number): void {
  changeState(store, task, 'failed', now, { reason, epoch: task.epoch + 1 });
}
