import type { Sight } from '../../scheduler/stages.ts';
import { redactShapes } from '../../shared/secrets/secrets.ts';
import { shorten, stripControl } from '../../shared/text.ts';
import type { Store } from '../../store/open.ts';
import type { Run } from '../../task/glossary.ts';
import type { Annotation, Result } from './result.ts';

/** How a workflow run ended, as GitHub tells. */
export interface Ended {
  conclusion: string | null;
  annotations: readonly (Annotation & { level: string | null })[];
}

/** Nothing is told of the agent: it is at work, as far as GitHub knows. */
export const NOTHING_TOLD: Omit<Sight, 'session'> = {
  exitCode: null,
  setupFailed: null,
  killedBy: null,
  limit: null,
  heard: null,
  end: null,
  turnEndedAt: null,
};

/** Writes down what a job has told of its run, as the broker, the keeper and the talk of a local run would have. Repeatable. */
export function applyResult(store: Store, run: Run, result: Result, now: number): void {
  store.transaction(() => {
    const { task, number } = run;
    if (result.usage !== null) store.usage.write({ task, run: number, ...result.usage, at: now });
    if (result.rescued !== null) store.dispatches.learn(run, { rescued: result.rescued });
    for (const { id, run: given } of store.inputs.waiting(task))
      if (given === number && store.inputs.arrived(id, now))
        store.journal.append(now, task, 'input:arrived', { input: id });
    const current = store.runs.get(task, number);
    if (result.done && current?.doneAt === null && store.runs.update(run, { doneAt: now }))
      store.journal.append(now, task, 'run:done', { run: number, summary: result.summary });
    if (result.outcome === 'timed_out' && current?.stopAt === null)
      store.runs.update(run, { stopAt: now, stopReason: 'timed_out' });
    const { question } = result;
    const isNews = question !== null && store.tasks.get(task)?.question !== question;
    if (isNews && store.tasks.update(task, run.epoch, { question }))
      store.journal.append(now, task, 'task:question', { question });
  });
}

/** What is seen of a run that has told its result. */
export function sightOf(result: Result): Sight {
  const { outcome, exitCode, setupFailed, killedBy, limit } = result;
  // The verdict of before would be said twice, and what an exit code tells needs no other words.
  const reason =
    result.reason?.replace(/^the agent failed: |^the agent (crashed|was killed).*$/s, '') || null;
  const end = { ok: outcome === 'succeeded', reason, permanent: result.permanent };
  return { ...NOTHING_TOLD, session: 'ended', exitCode, setupFailed, killedBy, limit, end };
}

/** GitHub cancels by itself as well: what takes longer than it may, and what waits where another comes. */
export function isByItself({ message }: Annotation): boolean {
  return /exceeded the maximum execution time|higher priority waiting request/i.test(message ?? '');
}

/** What is seen of a run whose job has ended without a word: its runner was lost, or never came to it. */
export function sightOfLost({ conclusion, annotations }: Ended): Sight {
  const failure = annotations.find(({ level }) => level === 'failure')?.message;
  const words = failure ? `: ${shorten(redactShapes(stripControl(failure)).replace(/\s+/g, ' '), 300)}` : '';
  const reason = `its job ended without a result (${conclusion ?? 'unknown'})${words}`;
  // What is wrong with the workflow's file is so each time.
  const permanent = conclusion === 'startup_failure' || conclusion === 'action_required';
  return { ...NOTHING_TOLD, session: 'ended', end: { ok: false, reason, permanent } };
}
