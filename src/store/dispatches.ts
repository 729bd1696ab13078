import { z } from 'zod';
import { type Run, runName } from '../task/glossary.ts';
import type { openCreations } from './creations.ts';
import type { TaskPlace } from './tasks.ts';

/** What Orch knows of the dispatch of a run to GitHub Actions: the intent comes first, the number of the workflow run with GitHub's answer. */
export interface Dispatch {
  begunAt: number;
  /** Null: nobody knows yet whether GitHub has taken it. */
  id: number | null;
  known: z.infer<typeof known> | null;
}

const known = z.object({
  /** Where it runs, which the settings may say otherwise by now. */
  place: z.object({ repository: z.string(), repositoryId: z.number(), installation: z.number() }),
  url: z.string(),
  runner: z.string().nullable().default(null),
  /** Where on GitHub commits are that are not on the branch. */
  rescued: z.string().nullable().default(null),
});

type Named = Pick<Run, 'task' | 'number'>;

/** The dispatches of runs, in the table of what Orch has made on GitHub. */
export function openDispatches(creations: ReturnType<typeof openCreations>) {
  const nameOf = (run: Named) => runName(run.task, run.number);
  const read = (content: string | null) => (content ? known.parse(JSON.parse(content)) : null);

  function get(run: Named): Dispatch | null {
    const row = creations.get(run.task, 'workflow', nameOf(run));
    return row && { begunAt: row.begunAt, id: row.remoteId, known: read(row.content) };
  }

  return {
    get,
    /** On disk before GitHub is asked. */
    begin: (run: Named, now: number): void => void creations.begin(run.task, 'workflow', nameOf(run), now),
    /** GitHub has not taken it. */
    forget: (run: Named): void => creations.forget(run.task, 'workflow', nameOf(run)),
    taken(run: Named, place: TaskPlace, { id, url }: { id: number; url: string }): void {
      const content = JSON.stringify(known.parse({ place, url }));
      creations.record(run.task, 'workflow', nameOf(run), id, content);
    },
    learn(run: Named, more: Partial<Pick<NonNullable<Dispatch['known']>, 'runner' | 'rescued'>>): void {
      const there = get(run);
      if (there === null || there.id === null || there.known === null) return;
      const content = JSON.stringify({ ...there.known, ...more });
      creations.record(run.task, 'workflow', nameOf(run), there.id, content);
    },
    /** The workflow run that carries a run out; null where none does, or GitHub has not said which. */
    workflowRun(run: Named): { id: number; url: string; runner: string | null } | null {
      const there = get(run);
      if (there?.id == null || there.known === null) return null;
      return { id: there.id, url: there.known.url, runner: there.known.runner };
    },
    /** The run of a workflow run. */
    byId(id: number): { task: number; number: number } | null {
      const found = creations.byRemote('workflow', id);
      return found && { task: found.task, number: Number(found.key.split('.')[1]) };
    },
  };
}
