import type { Clock } from '../shared/clock.ts';
import { OrchError } from '../shared/errors.ts';
import type { Store } from '../store/open.ts';
import { type Run, runName } from '../task/glossary.ts';
import { isFinal } from '../task/states.ts';

/** What people have said, until the asker tells whether it has heard it. */
export interface Told {
  texts: string[];
  heard(isHeard: boolean): void;
}

/** How long an agent's command waits for an answer (ms): CLIs end a tool that takes two minutes. */
const PATIENCE_MS = 90_000;

/** What a run's agent and the people who asked for it say to each other. Errors: E_RUN_ENDED. */
export function openTalk({ store, clock }: { store: Store; clock: Clock }) {
  /** Inputs on their way to an asker: one that is killed before it has read them must leave them to the next. */
  const offered = new Set<number>();
  const asking = new Set<string>();

  /** Changes what belongs to the run's task, while it is the run's own. */
  function change<T>(run: Run, work: () => T): T {
    return store.transaction(() => {
      const task = store.tasks.get(run.task);
      if (task?.epoch === run.epoch && !isFinal(task.state)) return work();
      throw new OrchError('E_RUN_ENDED', `${runName(run.task, run.number)} is over`);
    });
  }

  /** What the run has not heard yet, and nobody else is just hearing. What stands in its prompt is not said again. */
  function offer(run: Run): Told | null {
    const said = change(run, () => store.inputs.waiting(run.task)).filter(
      ({ id, run: given }) => given !== run.number && !offered.has(id),
    );
    if (said.length === 0) return null;
    for (const { id } of said) offered.add(id);
    return {
      texts: said.map(({ text }) => text),
      heard: isHeard => {
        for (const { id } of said) offered.delete(id);
        if (isHeard) store.transaction(() => said.forEach(({ id }) => void arrive(run, id)));
      },
    };
  }

  function arrive(run: Run, id: number): void {
    store.inputs.give(id, run.number);
    if (store.inputs.arrived(id, clock.now()))
      store.journal.append(clock.now(), run.task, 'input:arrived', { input: id });
  }

  function open(run: Run, question: string | null): void {
    change(run, () => {
      if (store.tasks.get(run.task)?.question === question) return;
      store.tasks.update(run.task, run.epoch, { question, updatedAt: clock.now() });
      store.journal.append(clock.now(), run.task, 'task:question', { question });
    });
  }

  return {
    /**
     * What people have said that the run has not heard, at once or as soon as somebody says something. Null when nobody
     * does in time, or the asker goes away: the question stays open, and the task waits for its answer. E_USAGE while the
     * run asks something else.
     */
    async ask(run: Run, question: string, gone: AbortSignal): Promise<Told | null> {
      const name = runName(run.task, run.number);
      const before = offer(run);
      if (before !== null) return before;
      if (asking.has(name)) {
        // People could not know which of the two they answer.
        throw new OrchError('E_USAGE', `${name} asks something already`, {
          remedy: 'Wait for the answer, or put all into one question.',
        });
      }
      open(run, question);
      asking.add(name);
      return await new Promise((resolve, reject) => {
        const settle = (act: () => void) => {
          asking.delete(name);
          news[Symbol.dispose]();
          alarm[Symbol.dispose]();
          gone.removeEventListener('abort', leave);
          act();
        };
        const leave = () => settle(() => resolve(null));
        const look = () => {
          try {
            const told = offer(run);
            if (told !== null) settle(() => resolve(told));
          } catch (error) {
            settle(() => reject(error));
          }
        };
        const news = store.journal.onAppend(task => task === run.task && look());
        const alarm = clock.after(PATIENCE_MS, leave);
        if (gone.aborted) leave();
        else gone.addEventListener('abort', leave);
      });
    },

    /** Nobody needs to answer any more. */
    withdraw: (run: Run): void => open(run, null),

    /** Tells people how far the agent is. */
    progress(run: Run, text: string): void {
      change(run, () =>
        store.journal.append(clock.now(), run.task, 'run:progress', { run: run.number, text }),
      );
    },
  };
}
