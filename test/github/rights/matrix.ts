import { changeState } from '../../../src/queue/change.ts';
import type { Store } from '../../../src/store/open.ts';
import { questionOf } from '../../../src/store/plans.ts';
import type { Task } from '../../../src/task/glossary.ts';
import { NOW, queued } from '../../support/tasks.ts';
import { failure, handling } from '../handling.ts';
import { type Event, eventOf } from './events.ts';
import {
  type Command,
  type Effect,
  EVENTS,
  type Happening,
  PEOPLE,
  SIGNED,
  TOLD,
  type Who,
} from './expected.ts';
import { answerAbout, type Person, SETUPS } from './people.ts';

export interface Cell {
  who: Who;
  happening: Happening;
  command: Command | null;
  expected: Outcome;
  seen: Outcome;
}

/** `refuses`: a no that is told. */
type Outcome = Effect | 'refuses';

export interface Score {
  cells: number;
  wrong_grants: number;
  wrong_refusals: number;
}

const AGENT = 'agents: { good: { command: [sh] } }\nsandbox: { allow_unsandboxed: true }\n';

/** Every person at every event with every command: what Orch does, beside what it should do. */
export async function playAll(): Promise<Cell[]> {
  const cells: Cell[] = [];
  for (const who of Object.keys(PEOPLE) as Who[]) {
    for (const happening of Object.keys(EVENTS) as Happening[]) {
      const effects: Effect | Record<Command, Effect> = EVENTS[happening];
      const commands = typeof effects === 'string' ? [null] : (Object.keys(effects) as Command[]);
      for (const command of commands) {
        if (SETUPS[who].via !== undefined && !SIGNED.has(happening)) continue;
        const effect = typeof effects === 'string' ? effects : effects[command as Command];
        const expected = expect(who, happening, effect);
        const seen = await play(SETUPS[who], eventOf(happening, command ?? 'run'));
        cells.push({ who, happening, command, expected, seen });
      }
    }
  }
  return cells;
}

export function scoreOf(cells: readonly Cell[]): Score {
  const wrong = cells.filter(({ seen, expected }) => seen !== expected);
  const isNo = (outcome: Outcome) => outcome === 'nothing' || outcome === 'refuses';
  return {
    cells: cells.length,
    wrong_grants: wrong.filter(({ seen }) => !isNo(seen)).length,
    wrong_refusals: wrong.filter(({ seen }) => isNo(seen)).length,
  };
}

function expect(who: Who, happening: Happening, effect: Effect): Outcome {
  const standing = PEOPLE[who];
  if (standing === 'yes' || effect === 'nothing') return effect;
  return standing === 'refused' && TOLD.has(happening) ? 'refuses' : 'nothing';
}

async function play(person: Person, event: Event): Promise<Outcome> {
  using app = handling({
    settings: `${AGENT}${person.server ?? ''}\n`,
    answer: (route, params) => {
      const isAnswer = route.startsWith('POST') && /\/(comments|replies|reactions)$/.test(route);
      if (event.isLocked && isAnswer) throw failure(403, 'Unable to create comment because issue is locked.');
      if (/\/pulls\/\{pull_number\}$/.test(route))
        return { head: { ref: 'feature', sha: 'a1', repo: { id: event.pullOf === 'fork' ? 8 : 7 } } };
      if (route.includes('/contents/') && person.repository)
        return { type: 'file', sha: 'f1', content: Buffer.from(person.repository).toString('base64') };
      return answerAbout(person, route, params);
    },
  });
  if (event.task) {
    const { id } = queued(app.store, { source: event.task.source });
    const checkpoint = {
      task: id,
      run: 1,
      sha: 'a',
      session: null,
      why: 'by hand',
      leftOut: [],
      pull: null,
      at: NOW,
    };
    app.store.checkpoints.add(checkpoint);
  }
  const before = app.store.tasks.get(1);
  if (before && event.task?.has === 'plan') givePlan(app.store, before);
  if (before && event.task?.has === 'proof') giveProof(app.store, before);
  if (before && event.task?.state) changeState(app.store, before, event.task.state, NOW);
  queued(app.store, { repositoryId: 8, source: 'comment:2:0' });
  const there = app.store.tasks.list(10).map(seen);
  const comment = event.payload.comment as object | undefined;
  const via = person.via === undefined ? {} : { performed_via_github_app: { id: person.via } };
  const payload = {
    ...event.payload,
    sender: person.sender,
    ...(comment && { comment: { ...comment, ...via } }),
  };
  // What waits for another try throws.
  await app.handle(event.name, 'd1', payload)?.catch(() => {});
  if (app.store.inputs.ofTask(1).length > 0) return 'tells';
  if (app.store.plans.get(1)?.approvedAt) return 'approves';
  if (app.store.journal.ofTask(1).some(({ type }) => type === 'proof:asked')) return 'proves';
  return outcomeOf(there, app.store.tasks.list(10), app.comments());
}

/** It waits for somebody to approve its plan. */
function givePlan(store: Store, task: Task): void {
  store.plans.want(task.id);
  store.plans.make(task.id, { text: 'Mend it.', files: [], risk: null, quote: null }, NOW);
  changeState(store, task, 'paused', NOW, { question: questionOf({ version: 1 }) });
}

/** It is completed, and its tests have run. */
function giveProof(store: Store, task: Task): void {
  const work = { state: 'completed', head: 'c1', baseSha: 'b1', pull: 43, pullState: 'open' } as const;
  store.tasks.update(task.id, task.epoch, { ...work, settings: '{ "checks": { "proof": true } }' });
  const none = { tests: [], failedBefore: [], failing: [], flaky: [], runs: [] };
  const shown = {
    base: 'b1',
    head: 'c1',
    verdict: 'not_run',
    reason: 'no tests',
    command: null,
    ...none,
  } as const;
  store.proofs.put(task.id, shown, NOW);
}

function seen({ id, state }: Task) {
  return { id, state };
}

function outcomeOf(
  before: { id: number; state: string }[],
  after: readonly Task[],
  comments: readonly string[],
): Outcome {
  if (after.length > before.length) return 'starts';
  const changed = after.find(({ id, state }) => before.find(old => old.id === id)?.state !== state);
  if (changed?.state === 'cancelled') return 'cancels';
  if (changed?.state === 'paused') return 'pauses';
  if (changed) return before.find(({ id }) => id === changed.id)?.state === 'paused' ? 'resumes' : 'retries';
  if (comments.some(text => text.includes('Sorry, `'))) return 'refuses';
  return comments.length > 0 ? 'answers' : 'nothing';
}
