import type { Forge } from '../forge/forge.ts';
import { type PullRequest, recordPull } from '../forge/pulls.ts';
import { buildsOn, stackNote } from '../forge/stack.ts';
import type { Clock } from '../shared/clock.ts';
import { OrchError } from '../shared/errors.ts';
import { stripInvisible } from '../shared/invisible.ts';
import { shorten } from '../shared/text.ts';
import type { Store } from '../store/open.ts';
import { type Task, taskName } from '../task/glossary.ts';

/** Pull requests that the daemon's own store keeps: one a task, of the same number. */
export function localPulls({ store, clock }: { store: Store; clock: Clock }): Forge['pulls'] {
  function find(task: Task): PullRequest | null {
    const pull = task.pullState === 'open' ? store.pulls.get(task.id) : null;
    return pull && { number: task.id, url: null, draft: pull.draft, created: false };
  }

  return {
    find: async task => find(task),
    async open(task, { title, body, draft }) {
      return store.transaction(() => {
        const present = find(store.tasks.get(task.id) as Task);
        if (present) return present;
        const now = clock.now();
        const made = { number: task.id, url: null, draft, created: true };
        if (!recordPull(store, task, { ...made, state: 'open' }, now))
          throw new OrchError('E_RUN_ENDED', `${taskName(task.id)} was cancelled`);
        const note = stackNote(buildsOn(store, task));
        const text = {
          title: shorten(stripInvisible(title), 250),
          body: [shorten(stripInvisible(body), 60_000), note].filter(part => part !== '').join('\n\n'),
        };
        store.pulls.put({ task: task.id, ...text, draft, openedAt: now });
        return made;
      });
    },
    async words(task) {
      const pull = task.pullState === 'open' ? store.pulls.get(task.id) : null;
      return pull && { title: pull.title, body: pull.body, labels: [] };
    },
    reword: async ({ id }, { title, body }) => store.pulls.reword(id, title, body),
    // It goes where its task goes, which is written down with the task.
    retarget: async () => {},
  };
}
