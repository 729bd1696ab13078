import type { Clock } from '../shared/clock.ts';
import { OrchError } from '../shared/errors.ts';
import type { Store } from '../store/open.ts';
import { type Run, runName } from '../task/glossary.ts';
import { isFinal } from '../task/states.ts';

/** How long an agent's command waits for an answer (ms): CLIs end a tool that takes two minutes. */
const PATIENCE_MS = 90_000;

/** What a run's agent and the people who asked for it say to each other. Errors: E_RUN_ENDED. */
export function openTalk({ store, clock }: { store: Store; clock: Clock }) {
  /** Changes what belongs to the run's task, while it is the run's own. */
  function change<T>(run: Run, work: () => T): T {
    return store.transaction(() => {
      const task = store.tasks.get(run.task);
      if (task?.epoch === run.epoch && !isFinal(task.state)) return work();
      throw new OrchError('E_RUN_ENDED', `${runName(run.task, run.number)} is over`);
    });
  }

  /** What the run has not heard yet; handed over here, it has arrived. What stands in its prompt is not said again. */
  function take(run: Run): string[] {
    return change(run, () => {
      const said = store.inputs.waiting(run.task).filter(input => input.run !== run.number);
      for (const { id } of said) {
        store.inputs.give(id, run.number);
        store.inputs.arrived(id, clock.now());
        store.journal.append(clock.now(), run.task, 'input:arrived', { input: id });
      }
      return said.map(({ text }) => text);
    });
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
     * does in time, or the asker goes away: the question stays open, and the task waits for its answer.
     */
    async ask(run: Run, question: string, gone: AbortSignal): Promise<string[] | null> {
      const before = take(run);
      if (before.length > 0) return before;
      open(run, question);
      return await new Promise((resolve, reject) => {
        const settle = (act: () => void) => {
          news[Symbol.dispose]();
          alarm[Symbol.dispose]();
          gone.removeEventListener('abort', leave);
          act();
        };
        const leave = () => settle(() => resolve(null));
        const look = () => {
          try {
            const said = take(run);
            if (said.length > 0) settle(() => resolve(said));
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
