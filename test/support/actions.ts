import type { ActionsOptions } from '../../src/engine/actions/options.ts';
import { type Result, writeResult } from '../../src/engine/actions/result.ts';
import { actionsStages } from '../../src/engine/actions/stages.ts';
import type { Workflow, WorkflowRun } from '../../src/engine/actions/workflow.ts';
import type { Clock } from '../../src/shared/clock.ts';
import { OrchError } from '../../src/shared/errors.ts';
import { silentLog } from '../../src/shared/log.ts';
import type { Store } from '../../src/store/open.ts';
import { aResult } from './order.ts';

interface FakeRun extends WorkflowRun {
  inputs: Record<string, string>;
  startedAt: number | null;
  annotations: { title: string | null; message: string; level: string }[];
  /** GitHub shows it in its list. */
  isListed: boolean;
  /** How it was asked to end. */
  asked: ('cancel' | 'force')[];
}

/** GitHub Actions as Orch sees it. It outlives the scheduler. */
export interface FakeActions {
  workflow: Workflow;
  runs: FakeRun[];
  calls: string[];
  /** What becomes of a dispatch: its answer names the run, or not; it gets lost on the way back, or there; or it is refused. */
  answer: 'named' | 'accepted' | 'lost' | 'dropped' | 'refused';
  /** New runs are in the list at once. */
  lists: boolean;
  isAway: boolean;
  /** The App has lost its rights. */
  isClosed: boolean;
  /** Whether a job ends when it is asked to: `force` only by force. */
  obeys: 'cancel' | 'force' | 'never';
  branches: Map<string, string>;
  /** A runner takes the job. */
  begin(run: string): void;
  /** The job ends, and tells this of its run; null: nothing. */
  end(run: string, result: Partial<Result> | null, conclusion?: string): void;
  of(run: string): FakeRun;
}

export const PLACE = { repository: 'acme/shop', repositoryId: 7, installation: 5 };
export const SELF = 'orch[bot]';

export function fakeActions(clock: Clock): FakeActions {
  const find = (id: number) => actions.runs.find(run => run.id === id) as FakeRun;
  const call = (name: string) => {
    actions.calls.push(name);
    if (actions.isAway) throw new Error('GitHub is away');
    if (actions.isClosed) throw Object.assign(new Error('Not Found'), { status: 404 });
  };
  const started = (inputs: Record<string, string>): FakeRun => {
    const id = 9_000_000_001 + actions.runs.length;
    const run: FakeRun = {
      id,
      url: `https://github.com/acme/shop/actions/runs/${id}`,
      title: `Orch ${inputs.run}`,
      actor: SELF,
      createdAt: clock.now(),
      isOver: false,
      conclusion: null,
      inputs,
      startedAt: null,
      annotations: [],
      isListed: actions.lists,
      asked: [],
    };
    actions.runs.push(run);
    return run;
  };
  const actions: FakeActions = {
    runs: [],
    calls: [],
    answer: 'named',
    lists: true,
    isAway: false,
    isClosed: false,
    obeys: 'cancel',
    branches: new Map(),
    of: run => actions.runs.find(({ inputs }) => inputs.run === run) as FakeRun,
    begin(run) {
      actions.of(run).startedAt = clock.now();
    },
    end(run, result, conclusion = 'success') {
      const one = actions.of(run);
      one.startedAt ??= clock.now();
      if (result !== null)
        one.annotations.push({ ...writeResult(aResult({ ...result, run })), level: 'notice' });
      Object.assign(one, { isOver: true, conclusion });
    },
    workflow: {
      async ref() {
        return 'main';
      },
      async dispatch(_place, _ref, inputs) {
        call(`dispatch ${inputs.run}`);
        if (actions.answer === 'refused') throw new OrchError('E_WORKFLOW', 'GitHub does not start it');
        if (actions.answer === 'dropped') throw new Error('the connection broke');
        const { id, url } = started(inputs);
        if (actions.answer === 'lost') throw new Error('the connection broke');
        return actions.answer === 'named' ? { id, url } : null;
      },
      async list() {
        call('list');
        return actions.runs.filter(({ isListed }) => isListed).toReversed();
      },
      async get(_place, id) {
        call('get');
        return find(id) ?? null;
      },
      async jobs(_place, id) {
        call('jobs');
        const { startedAt } = find(id);
        return { startedAt, runner: startedAt === null ? null : 'runner-1', checkRuns: [id] };
      },
      async annotations(_place, { checkRuns }) {
        call('annotations');
        return checkRuns.flatMap(id => find(id).annotations);
      },
      async cancel(_place, id, byForce) {
        call(byForce ? 'force' : 'cancel');
        const run = find(id);
        run.asked.push(byForce ? 'force' : 'cancel');
        if (actions.obeys === 'cancel' || (actions.obeys === 'force' && byForce))
          Object.assign(run, { isOver: true, conclusion: 'cancelled' });
      },
      async tip(_place, branch) {
        call('tip');
        return actions.branches.get(branch) ?? null;
      },
      self: async () => SELF,
    },
  };
  return actions;
}

/** The stages of one scheduler over it. */
export function stagesOn(
  actions: FakeActions,
  { store, clock, ...changes }: { store: Store; clock: Clock } & Partial<ActionsOptions>,
): ReturnType<typeof actionsStages> {
  return actionsStages({
    store,
    clock,
    log: silentLog(),
    workflow: actions.workflow,
    placeOf: async () => PLACE,
    settle: async task => ({
      branch: `orch/T${task.id}`,
      target: 'main',
      baseSha: 'a'.repeat(40),
      head: actions.branches.get(`orch/T${task.id}`) ?? null,
    }),
    pulls: { find: async task => task.pull !== null, openDraft: async () => {} },
    adoptPull: async () => {},
    model: () => null,
    timeoutSeconds: task => task.timeoutSeconds,
    changed: () => {},
    ...changes,
  });
}
