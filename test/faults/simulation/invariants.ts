import type { CheckRun, Comment, Repository } from '../../../src/simulator/model.ts';
import { fullName, isPull, type World } from '../../../src/simulator/world.ts';
import type { Store } from '../../../src/store/open.ts';
import { type Run, runName, type Task, taskName } from '../../../src/task/glossary.ts';
import { isFinal, mayBecome, type TaskState } from '../../../src/task/states.ts';

/** Everything that is looked at: what Orch has written down, what GitHub has, and what is alive on the host. */
export interface Evidence {
  store: Store;
  github: World;
  /** Runs with an agent that is alive, as `T1.1`. */
  alive: Iterable<string>;
  /** The workspaces that these work in, by name. */
  used: readonly string[];
  /** Ids of the deliveries that were answered with 2xx. */
  acknowledged: Iterable<string>;
  /** The refs of each repository as people left them, by full name; those below refs/heads/orch/ and refs/pull/ apart. */
  peoplesRefs: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

/** What must hold at every moment, however much is failing. Each line tells of one thing that does not. */
export function brokenNow(evidence: Evidence): string[] {
  return [...runs(evidence), ...onGithub(evidence)];
}

/** What must hold besides once nothing fails any more and time has passed. */
export async function brokenAtRest(evidence: Evidence): Promise<string[]> {
  const { store } = evidence;
  const tasks = store.tasks.list(MANY);
  return [
    ...tasks
      .filter(task => !isFinal(task.state) && !isPausedForPeople(task) && !isHeld(store, task))
      .map(task => `${taskName(task.id)} is still ${task.state}`),
    ...store.runs.live().map(run => `${nameOf(run)} has no end`),
    ...[...evidence.alive].map(run => `the agent of ${run} is still alive`),
    ...deliveries(evidence),
    ...store.journal
      .behind('github')
      .map(({ task }) => `${taskName(task)} has news that GitHub was not told`),
    ...tasks.flatMap(task => [
      ...epochs(store, task),
      ...story(store, task),
      ...tooEarly(store, task),
      ...untold(evidence, task),
    ]),
    ...repeated(tasks, ({ source }) => source).map(source => `${source} became two tasks`),
    ...(await foreignRefs(evidence)),
  ];
}

const MANY = 1_000_000;

/** At most one live run a task, a branch, a workspace and a slot, held by its epoch, and no agent alive without one. */
function runs({ store, alive, used }: Evidence): string[] {
  const live = store.runs.live();
  const known = new Set(live.map(nameOf));
  const { starting = 0, running = 0 } = store.tasks.counts();
  const branches = live.flatMap(run => store.tasks.get(run.task)?.branch ?? []);
  const holding = live.filter(run => {
    const task = store.tasks.get(run.task);
    return task?.epoch === run.epoch && !isFinal(task.state);
  });
  return [
    ...repeated(live, run => taskName(run.task)).map(task => `${task} has two live runs`),
    ...repeated(live, run => `${run.profile}-${run.slot}`).map(agent => `${agent} has two live runs`),
    ...repeated(live, run => run.workspace).map(workspace => `two live runs have the workspace ${workspace}`),
    ...repeated(used, workspace => workspace).map(workspace => `two agents work in ${workspace}`),
    ...repeated(branches, branch => branch).map(branch => `${branch} has two live runs`),
    ...[...alive]
      .filter(run => !known.has(run))
      .map(run => `the agent of ${run} is alive, and no row knows it`),
    ...(holding.length === starting + running
      ? []
      : [`${holding.length} runs hold ${starting} starting and ${running} running tasks`]),
  ];
}

/** Each run has an epoch of its own, and what was written last knows of all of them. */
function epochs(store: Store, task: Task): string[] {
  const all = [...store.runs.ofTask(task.id).map(run => run.epoch), task.epoch + 1];
  const rise = all.every((epoch, at) => at === 0 || epoch > (all[at - 1] ?? 0));
  return rise ? [] : [`the epochs of ${taskName(task.id)} do not rise: ${all.join()}`];
}

/** The journal of a task leads lawfully to the state that its row has, and tells of each end once. */
function story(store: Store, task: Task): string[] {
  const events = store.journal.ofTask(task.id);
  let state: TaskState = 'queued';
  const wrong: string[] = [];
  for (const { type, data } of events) {
    if (type !== 'task:state') continue;
    if (data.from !== state || !mayBecome(data.from, data.to))
      wrong.push(`${taskName(task.id)} went from ${data.from} to ${data.to} while it was ${state}`);
    state = data.to;
  }
  if (state !== task.state)
    wrong.push(`${taskName(task.id)} is ${task.state}, and its journal says ${state}`);
  const told = events.filter(({ type }) => type === 'run:ended').length;
  const ended = store.runs.ofTask(task.id).filter(run => run.endedAt !== null).length;
  if (told !== ended)
    wrong.push(`${ended} runs of ${taskName(task.id)} have ended, and ${told} ends are told`);
  return wrong;
}

/** It waits for tasks, of which one, or one that that waits for, is over without being completed: somebody has to retry it. */
function isHeld(store: Store, task: Task): boolean {
  if (task.state !== 'queued') return false;
  const needed = store.dependencies.unmet(task.id).map(id => store.tasks.get(id) as Task);
  return needed.some(each => isFinal(each.state) || isPausedForPeople(each) || isHeld(store, each));
}

/** No agent takes a task before all that it needs is completed. */
function tooEarly(store: Store, task: Task): string[] {
  const taken = store.journal.ofTask(task.id).find(({ type }) => type === 'run:claimed')?.seq ?? Infinity;
  const isDone = (id: number) =>
    store.journal
      .ofTask(id)
      .some(({ seq, type, data }) => type === 'task:state' && data.to === 'completed' && seq < taken);
  const missed = taken === Infinity ? [] : store.dependencies.of(task.id).filter(id => !isDone(id));
  return missed.map(id => `${taskName(task.id)} was taken before ${taskName(id)} was completed`);
}

/** Nothing is there twice. */
function onGithub({ github }: Evidence): string[] {
  return [...github.repositories.values()].flatMap(repository => {
    const pulls = [...repository.issues.values()].filter(isPull);
    const open = pulls.filter(({ byApp, state }) => byApp && state === 'open');
    return [
      ...repeated(open, ({ pull }) => pull.head.ref).map(branch => `${branch} has two open pull requests`),
      ...repeated(ownComments(repository), markerOf).map(marker => `there are two comments ${marker}`),
      ...repeated([...repository.checkRuns.values()], checkKey).map(key => `there are two check runs ${key}`),
    ];
  });
}

/** Orch writes below `orch/` alone. */
async function foreignRefs({ github, peoplesRefs }: Evidence): Promise<string[]> {
  const wrong: string[] = [];
  for (const repository of github.repositories.values()) {
    const expected = peoplesRefs.get(fullName(repository)) ?? new Map<string, string>();
    const found = await repository.git.refs();
    const names = [...new Set([...expected.keys(), ...found.keys()])].filter(
      ref => !/^refs\/(heads\/orch|pull)\//.test(ref),
    );
    for (const ref of names) {
      if (found.get(ref) !== expected.get(ref))
        wrong.push(`${ref} of ${fullName(repository)} is ${found.get(ref)} and not ${expected.get(ref)}`);
    }
  }
  return wrong;
}

/** What was acknowledged is known, and handled or given up. */
function deliveries({ store, acknowledged }: Evidence): string[] {
  return [
    ...[...acknowledged]
      .filter(id => !store.inbox.has(id))
      .map(id => `delivery ${id} was acknowledged and is lost`),
    ...(store.inbox.waiting() === 0 ? [] : [`${store.inbox.waiting()} deliveries wait for ever`]),
  ];
}

/** Comment and check run of a task that is over say so. */
function untold({ github }: Evidence, task: Task): string[] {
  const repository = github.repositories.get(task.repositoryId);
  if (!repository || !isFinal(task.state)) return [];
  const sticky = ownComments(repository).find(
    comment => markerOf(comment) === `orch:task ${taskName(task.id)}`,
  );
  const headline = sticky?.body.split('\n')[1] ?? 'nothing';
  const words = {
    completed: 'is completed',
    failed: 'failed',
    escalated: 'needs a person',
    cancelled: 'is cancelled',
  };
  const said = words[task.state as keyof typeof words];
  const check = [...repository.checkRuns.values()].find(
    run => run.externalId === taskName(task.id) && run.headSha === task.head,
  );
  return [
    ...(headline.includes(said) ? [] : [`${taskName(task.id)} ${said}, and its comment says ${headline}`]),
    ...(task.head === null || check?.status === 'completed'
      ? []
      : [`${taskName(task.id)} ${said}, and its check run is ${check?.status ?? 'missing'}`]),
  ];
}

function ownComments(repository: Repository): Comment[] {
  return [...repository.comments.values()].filter(({ byApp }) => byApp);
}

/** `orch:task T1` or `orch:reply comment:7:0`: what the comment is for, so that it is there once. */
function markerOf({ id, body }: Comment): string {
  return /^<!-- (orch:[^\n]*) -->/.exec(body)?.[1] ?? `without marker ${id}`;
}

function checkKey({ name, headSha, externalId }: CheckRun): string {
  return `${name} of ${externalId} on ${headSha}`;
}

function nameOf(run: Run): string {
  return runName(run.task, run.number);
}

/** It says why, and goes on when a person says so. */
export function isPausedForPeople({ state, reason, wakeAt }: Task): boolean {
  return state === 'paused' && wakeAt === null && reason !== null;
}

export function repeated<T>(items: readonly T[], key: (item: T) => string): string[] {
  const seen = new Set<string>();
  return items.map(key).filter(name => seen.has(name) || !seen.add(name));
}
