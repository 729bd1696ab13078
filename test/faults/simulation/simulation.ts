import type { Scheduler } from 'fast-check';
import type { Issue } from '../../../src/simulator/model.ts';
import { isPull } from '../../../src/simulator/world.ts';
import { openStore, type Store } from '../../../src/store/open.ts';
import { isFinal } from '../../../src/task/states.ts';
import { work } from './agent.ts';
import { emptyDatabase } from './database.ts';
import { Graph } from './git.ts';
import { NAME, type SimulatedDelivery, SimulatedGithub } from './github.ts';
import { Host, type Surroundings } from './host.ts';
import { brokenAtRest, brokenNow, type Evidence, isPausedForPeople, repeated } from './invariants.ts';
import { Network } from './network.ts';
import { type Orch, startOrch } from './orch.ts';
import { Time } from './time.ts';

const MINUTE = 60_000;

/** One history: Orch with all that is around it, and what people, agents and bad luck do to it. */
export class Simulation implements Disposable {
  readonly around: Surroundings;
  orch: Orch | null = null;
  /** What people asked for: `cancel`, `retry`. */
  readonly wished: string[] = [];
  readonly acknowledged = new Set<string>();
  /** What was done, for people who read of a failure. */
  readonly told: string[];
  /** The same with every step between, for those who look closer. */
  readonly trace: string[];
  readonly #peoplesRefs = new Map<string, string>();
  readonly #store: Store;

  private constructor(around: Surroundings, told: string[], trace: string[]) {
    this.around = around;
    this.told = told;
    this.trace = trace;
    this.#store = openStore(around.database);
  }

  static async begin(scheduler: Scheduler, told: string[], trace: string[]): Promise<Simulation> {
    const time = new Time();
    const network = new Network(scheduler, trace);
    const graph = new Graph();
    const github = new SimulatedGithub(time, network, graph);
    const around = {
      database: emptyDatabase(),
      time,
      network,
      graph,
      github,
      host: new Host(),
      onLimit: 'wait' as const,
    };
    const simulation = new Simulation(around, told, trace);
    github.webhooks.arrive = delivery => void simulation.deliver(delivery);
    await simulation.populate();
    simulation.start();
    await github.people.comment(NAME, 1, '/orch fix it', 'ann');
    await github.people.comment(NAME, 3, '/orch make it fast', 'bob');
    return simulation;
  }

  get github(): SimulatedGithub {
    return this.around.github;
  }

  get host(): Host {
    return this.around.host;
  }

  private async populate(): Promise<void> {
    const { people, repository } = this.github;
    const { graph } = this.around;
    const main = graph.make([]);
    await repository.git.setRef('refs/heads/main', main);
    await repository.git.setRef('refs/heads/feature', graph.make([main]));
    await people.openIssue(NAME, { title: 'It breaks', user: 'ann' });
    await people.openIssue(NAME, { title: 'It is slow', user: 'eve' });
    await people.openPull(NAME, { title: 'A feature', head: 'feature', base: 'main', user: 'ann' });
    await this.peopleMovedRefs();
  }

  /** From now on the branches that people own have to stay as they are. */
  async peopleMovedRefs(): Promise<void> {
    for (const [ref, sha] of await this.github.repository.git.refs('refs/heads/'))
      if (!ref.startsWith('refs/heads/orch/')) this.#peoplesRefs.set(ref, sha);
  }

  /** On its way to Orch, which answers with 2xx as soon as it has written it down. */
  async deliver(delivery: SimulatedDelivery): Promise<void> {
    await this.around.network.pass({ isOver: false }, `delivery of ${delivery.event}`);
    if (this.orch === null) return;
    if (this.orch.take(delivery)) this.acknowledged.add(delivery.guid);
  }

  kill(): void {
    this.orch?.kill();
    this.orch = null;
  }

  start(): void {
    this.orch ??= startOrch(this.around);
  }

  /** Steps under way are finished first; those that wait for GitHub may take a while. */
  async stop(): Promise<void> {
    let isOver = this.orch === null;
    void this.orch?.stop().then(() => {
      isOver = true;
    });
    this.orch = null;
    for (let seconds = 0; seconds < 600 && !isOver; seconds++) await this.pass(1000);
    if (!isOver) throw new Error('Orch does not stop');
  }

  async pass(milliseconds: number): Promise<void> {
    await this.around.time.pass(milliseconds, () => this.around.network.quiet());
  }

  /** Nothing fails any more, agents come to an end, and time passes until nothing is left to do. Gives what did not hold. */
  async calm(): Promise<string[]> {
    const { github, host } = this;
    this.trace.push('calm');
    Object.assign(github, { isAway: false, lostAnswers: 0 });
    github.world.faults.clear();
    Object.assign(host, { isBlind: false, hasSandbox: true });
    this.start();
    for (const session of host.sessions.values()) session.limit = null;
    return await this.settle();
  }

  /** As `calm`, when people want two more things of a pull request at once, which comes to pass too rarely by itself. */
  async askForMore(): Promise<string[]> {
    const { people, repository } = this.github;
    const isOurs = (issue: Issue) => isPull(issue) && issue.byApp && issue.state === 'open';
    const open = [...repository.issues.values()].find(isOurs);
    if (open === undefined) return [];
    for (const text of ['fix that too', 'make it fast'])
      await people.comment(NAME, open.number, `/orch ${text}`, 'ann');
    return await this.settle();
  }

  private async settle(): Promise<string[]> {
    const { host } = this;
    const store = this.#store;
    const isBusy = () =>
      store.tasks.list(1000).some(task => !isFinal(task.state) && !isPausedForPeople(task)) ||
      store.runs.live().length > 0 ||
      store.inbox.waiting() > 0 ||
      store.journal.behind('github').length > 0;
    const busy = new Set<string>();
    // What people have just said is on its way.
    await this.pass(0);
    for (let minute = 0; minute < 240 && isBusy(); minute++) {
      const broken = this.brokenNow();
      if (broken.length > 0) return broken;
      for (const run of host.alive()) {
        if (busy.has(run)) host.end(run, 0);
        else work(this, run, 'do it all');
        busy.add(run);
      }
      await this.pass(MINUTE);
    }
    return [];
  }

  private evidence(): Evidence {
    return {
      store: this.#store,
      github: this.github.world,
      alive: this.host.alive(),
      used: this.host.alive().map(run => this.host.sessions.get(run)?.workspace ?? run),
      acknowledged: this.acknowledged,
      peoplesRefs: new Map([[NAME, this.#peoplesRefs]]),
    };
  }

  brokenNow(): string[] {
    const { launches, heeded } = this.host;
    const launched = [...launches].filter(([, times]) => times > 1);
    return [
      ...brokenNow(this.evidence()),
      ...launched.map(([run]) => `${run} was launched twice`),
      ...repeated([...heeded.values()].flat(), String).map(input => `input ${input} was acted upon twice`),
    ];
  }

  async brokenAtRest(): Promise<string[]> {
    const used = new Set([...this.host.sessions.values()].map(({ workspace }) => workspace));
    const lost = [...this.host.workspaces].filter(
      ([workspace, { tip, base }]) => tip !== base && used.has(workspace) && !this.host.kept.has(tip),
    );
    return [
      ...this.brokenNow(),
      ...(await brokenAtRest(this.evidence())),
      ...this.grantedTwice(),
      ...lost.map(([run]) => `commits of ${run} are lost`),
    ];
  }

  /** A wish is granted once, also when its delivery is handled again. */
  private grantedTwice(): string[] {
    const told = this.#store.tasks.list(1000).flatMap(({ id }) => this.#store.journal.ofTask(id));
    const reasons = told.map(({ type, data }) => (type === 'task:state' ? data.reason : null));
    return Object.entries({
      cancel: /^cancelled by /,
      retry: /^retried by /,
      pause: /^paused by /,
    }).flatMap(([wish, granted]) => {
      const wishes = this.wished.filter(each => each === wish).length;
      const grants = reasons.filter(reason => reason !== null && granted.test(reason)).length;
      return grants <= wishes ? [] : [`people said ${wish} ${wishes} times, and ${grants} were done`];
    });
  }

  [Symbol.dispose](): void {
    this.kill();
  }
}
