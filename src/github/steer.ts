import { proveAgain } from '../proof/again.ts';
import { proofOf } from '../proof/due.ts';
import { cancel, pause, resume, retry } from '../queue/change.ts';
import { say } from '../queue/say.ts';
import { OrchError } from '../shared/errors.ts';
import type { Store } from '../store/open.ts';
import { type Task, taskName } from '../task/glossary.ts';
import { isFinal } from '../task/states.ts';
import type { AppContext, Steering } from './context.ts';
import type { Door, Place } from './payloads.ts';

/**
 * Does once what is asked of the task that was named, else of the newest one here that it can be done to. Errors:
 * E_UNKNOWN_TASK, E_TASK_STATE, E_TASK_OVER, E_SAID_TOO_MUCH.
 */
export function steer(context: AppContext, place: Place, command: Steering, key: string): void {
  changeOnce(context, place, key, () => change(context, place, command, key));
}

function change(context: AppContext, place: Place, command: Steering, key: string): void {
  const { store, clock } = context;
  const { login } = place.sender;
  const now = clock.now();
  const tasks = tasksHere(store, place, command.task);
  const first = (fits: (task: Task) => boolean) => pick(tasks, fits).id;
  switch (command.kind) {
    case 'say': {
      const asking = tasks.filter(task => task.question !== null);
      const { id } = pick([...asking, ...tasks], task => !isFinal(task.state));
      say(store, id, { text: command.text, author: login, source: key }, now);
      break;
    }
    case 'pause': {
      const id = first(task => !isFinal(task.state) && task.state !== 'paused');
      pause(store, id, `paused by ${login}`, null, now);
      break;
    }
    case 'resume':
      resume(
        store,
        first(task => task.state === 'paused'),
        now,
      );
      break;
    case 'cancel':
      cancel(
        store,
        first(task => !isFinal(task.state)),
        `cancelled by ${login}`,
        now,
      );
      break;
    case 'retry':
      retryFor(
        context,
        place,
        first(task => isFinal(task.state) && task.state !== 'completed'),
      );
      break;
    case 'rollback': {
      const id = first(({ id }) => store.checkpoints.last(id) !== null);
      context.rollBack(id, command.text === '' ? null : Number(command.text), login);
      break;
    }
    default:
      command satisfies never;
  }
}

/** Has the tests run again of the task that was named, else of the newest one here that has some. Errors: E_UNKNOWN_TASK, E_TASK_STATE. */
export function proveHere(context: AppContext, place: Place, named: number | null, key: string): void {
  const { store, clock } = context;
  const task = pick(tasksHere(store, place, named), each => proofOf(store, each) !== null);
  changeOnce(context, place, key, () => void proveAgain(store, task, place.sender.login, clock.now()));
}

/**
 * Makes a change to tasks that a repeated delivery would make to others: once for a key, which is on disk with it. A
 * refusal (OrchError) leaves nothing behind.
 */
export function changeOnce(context: AppContext, place: Door, key: string, change: () => void): void {
  const { store, clock } = context;
  store.transaction(() => {
    if (store.creations.begin(0, 'command', `${place.repository.id}:${key}`, clock.now())) change();
  });
}

/** Queues a task again for the sender, who answers for it from now on. Errors: E_TASK_STATE. */
export function retryFor({ store, clock }: AppContext, { sender }: Door, id: number): void {
  const { epoch } = retry(store, id, `retried by ${sender.login}`, clock.now());
  store.tasks.update(id, epoch, { requester: sender.login, requesterId: sender.id });
}

/** The tasks of this issue or pull request, newest first, or the one that was named if it is of this repository. */
export function tasksHere(store: Store, place: Place, id: number | null): Task[] {
  const { id: repository } = place.repository;
  const { number } = place.issue;
  if (id === null)
    return [...store.tasks.byIssue(repository, number), ...store.tasks.byPull(repository, number)];
  const task = store.tasks.get(id);
  if (task?.repositoryId === repository) return [task];
  throw new OrchError('E_UNKNOWN_TASK', `There is no task ${taskName(id)} in this repository`, {
    remedy: 'See the tasks of this issue with `/orch status`.',
  });
}

/** The newest task that fits, else the newest: its state is then what the answer speaks of. */
export function pick(tasks: Task[], fits: (task: Task) => boolean): Task {
  const task = tasks.find(fits) ?? tasks[0];
  if (task) return task;
  throw new OrchError('E_UNKNOWN_TASK', 'There is no task here yet', { remedy: 'Start one with `/orch …`.' });
}
