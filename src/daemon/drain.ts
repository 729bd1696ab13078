import { pause } from '../queue/change.ts';
import type { Clock } from '../shared/clock.ts';
import type { Store } from '../store/open.ts';

/** Brings the agents of a daemon that is about to end to rest. */
export function openDrain({ store, clock }: { store: Store; clock: Clock }) {
  let isClosing = false;

  /** Each stops, and goes on in its workspace and session as soon as a daemon starts again. */
  function stopAll(): void {
    store.transaction(() => {
      for (const run of store.runs.live()) {
        const isOwn = store.tasks.get(run.task)?.epoch === run.epoch;
        if (isOwn) pause(store, run.task, 'Orch was stopped', clock.now(), clock.now());
      }
    });
  }

  return {
    isClosing: () => isClosing,
    /** Nothing new starts any more; resolves when no agent is left. `now`: without waiting for them to finish. */
    async drain(now: boolean): Promise<void> {
      isClosing = true;
      if (now) stopAll();
      await new Promise<void>(resolve => {
        const look = () => {
          if (store.runs.live().length > 0) return;
          news[Symbol.dispose]();
          resolve();
        };
        const news = store.journal.onAppend(look);
        look();
      });
    },
  };
}
