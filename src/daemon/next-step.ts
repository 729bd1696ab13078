import type { chooser, Limits } from '../choice/choose.ts';
import { decide, type Step } from '../scheduler/decide.ts';
import { type Policy, timeoutMs } from '../scheduler/judge.ts';
import type { Sight } from '../scheduler/stages.ts';
import { type Clock, isoTime } from '../shared/clock.ts';
import type { Store } from '../store/open.ts';
import { type Run, runName, type Task, taskName } from '../task/glossary.ts';

export interface NextStepOptions {
  store: Store;
  clock: Clock;
  look(run: Run): Promise<Sight>;
  policy(task: Task, run: Run): Policy;
  graceSeconds: number;
  slackSeconds?: number;
  choose: ReturnType<typeof chooser>;
  limits: Limits;
  /** What others work on that a queued task waits for, in words; null when it does not. */
  held(task: Task): string | null;
}

/** The step that the scheduler would take now, as it is called there, and why, for people. Nothing is done. */
export function nextStepIn(options: NextStepOptions) {
  const { store, clock } = options;

  return async (task: Task): Promise<{ step: string; why: string }> => {
    const run = store.runs.liveOf(task.id);
    if (run) return ofRun(options, task, run, await options.look(run));
    if (task.rollback !== null) return { step: 'roll back', why: `to checkpoint ${task.rollback}` };
    switch (task.state) {
      case 'queued':
        return ofQueued(options, task, clock.now());
      case 'paused':
        return { step: 'wait', why: whyPaused(task) };
      default:
        return { step: 'none', why: `it is ${task.state}${task.reason === null ? '' : `: ${task.reason}`}` };
    }
  };
}

function ofRun(options: NextStepOptions, task: Task, run: Run, sight: Sight): { step: string; why: string } {
  const { store, clock, policy, graceSeconds, slackSeconds } = options;
  const timeout = timeoutMs(task, policy(task, run), slackSeconds);
  const patience = { timeout, grace: graceSeconds * 1000, isSpokenTo: store.inputs.isSpokenTo(run) };
  const step = decide(task, run, sight, clock.now(), patience);
  const seen = `the session of ${runName(run.task, run.number)} is ${SESSIONS[sight.session]}`;
  return { step: step.do, why: `${seen}; ${meaning(step, run)}` };
}

const SESSIONS: Record<Sight['session'], string> = {
  none: 'not there',
  alive: 'alive',
  ended: 'over',
  unknown: 'not to be seen, since who carries it out does not answer',
};

function meaning(step: Step, run: Run): string {
  switch (step.do) {
    case 'wait':
      if (step.until === null) return 'nothing is to be done until something happens';
      return run.stopAt === null
        ? `it is asked to end at ${isoTime(step.until)} at the latest`
        : `it was asked to end, and is killed at ${isoTime(step.until)}`;
    case 'start':
      return 'its workspace is made and its agent started';
    case 'adopt':
      return 'its agent was started, and that is written down';
    case 'interrupt':
      return `it is asked to end: ${step.why}`;
    case 'kill':
      return 'it was asked to end and has not';
    case 'complete':
      return 'its agent says it is done, and the pull request is open';
    case 'settle':
      return 'what is left of it is taken in, and the task gets its verdict';
    default:
      return step satisfies never;
  }
}

function ofQueued(
  { store, choose, limits, held }: NextStepOptions,
  task: Task,
  now: number,
): { step: string; why: string } {
  const needs = store.dependencies.unmet(task.id);
  if (needs.length > 0) return { step: 'wait', why: `it comes after ${needs.map(taskName).join(', ')}` };
  if (task.readyAt > now) {
    const why = task.reason === null ? '' : `: ${task.reason}`;
    return { step: 'wait', why: `it is tried again at ${isoTime(task.readyAt)}${why}` };
  }
  const why = held(task);
  if (why !== null) return { step: 'wait', why: `it ${why}` };
  const chosen = choose(now);
  if (chosen === null) return { step: 'wait', why: whyNobody(store, limits, now) };
  if (chosen.task !== task.id) return { step: 'wait', why: `${taskName(chosen.task)} goes first` };
  if ('refused' in chosen) return { step: 'fail', why: chosen.refused };
  return { step: 'claim', why: `${chosen.profile}-${chosen.slot} takes it: ${chosen.choice}` };
}

function whyNobody(store: Store, { concurrent, profiles }: Limits, now: number): string {
  const load = store.runs.load();
  if (load.length >= concurrent) return `${load.length} agents work, as many as limits.concurrent allows`;
  const limited = store.breakers.opened(now);
  const states = profiles.map(({ name, maxInstances }) => {
    const limit = limited.find(({ profile }) => profile === name);
    const running = load.filter(({ profile }) => profile === name).length;
    const isFree = !limit && running < maxInstances;
    return {
      isFree,
      text: limit
        ? `${name} gets none until ${isoTime(limit.until)} (${limit.reason})`
        : `${name} works on ${running} of ${maxInstances}`,
    };
  });
  const why = states.some(({ isFree }) => isFree)
    ? 'its agent is not free, or its repository or a budget allows no more'
    : 'no agent is free';
  return `${why}: ${states.map(({ text }) => text).join(', ')}`;
}

function whyPaused({ question, wakeAt, reason }: Task): string {
  if (question !== null) return `its agent asks: ${question}`;
  const why = reason === null ? '' : `: ${reason}`;
  return wakeAt === null ? `until a person resumes it${why}` : `until ${isoTime(wakeAt)}${why}`;
}
