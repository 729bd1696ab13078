import type { Delivery } from '../../../src/simulator/deliveries.ts';
import type { Repository } from '../../../src/simulator/model.ts';
import type { Task } from '../../../src/task/glossary.ts';
import type { TaskState } from '../../../src/task/states.ts';
import { isFinal } from '../../../src/task/states.ts';
import { readNotes } from './agents.ts';
import type { Armed, TestDaemon } from './daemon.ts';
import type { Lane } from './lane.ts';

/** What happens while the daemon is down. */
export type Down = 'nothing' | 'cancel' | 'redeliver';

export type SeenTask = Pick<Task, 'id' | 'state' | 'reason' | 'branch' | 'head' | 'pull'>;

/** One repository on the simulated GitHub, and the people who want something of Orch there. */
export interface Scene {
  readonly repository: Repository;
  readonly issue: number;
  readonly notes: string;
  /** Somebody has cancelled the task while the daemon was down. */
  readonly wasCancelled: boolean;
  until: Lane['bell']['until'];
  ask(issue: number, text: string): Promise<void>;
  label(label: string): Promise<void>;
  openPull(): Promise<number>;
  merge(): Promise<void>;
  /** The daemon is killed; the next one is the one that may be armed. */
  startAgain(): Promise<void>;
  /** The daemon is asked to stop, armed from then on, and started again. */
  stopAndStart(): Promise<void>;
  /** The points passed since the daemon was armed; null after a kill. */
  passed(): Promise<Record<string, number> | null>;
  tasks(): Promise<SeenTask[]>;
  /** An agent has made a commit, pushed or not; or none ever will, since the task was cancelled before. */
  committed(): Promise<void>;
  /** The task has come to an end, or to this one. */
  over(state?: TaskState): Promise<void>;
  /** Deliveries of this repository. */
  deliveries(): Delivery[];
}

let opened = 0;

/** A repository and an installation of its own each: nothing of another story counts, not even for rate limits. */
export async function openScene(lane: Lane, down: Down, armed: Armed | null): Promise<Scene> {
  const { github, bell, notes } = lane;
  const owner = `acme${++opened}`;
  const name = `${owner}/shop`;
  github.addUser(owner, { type: 'Organization' });
  const repository = await github.createRepository({
    owner,
    name: 'shop',
    files: { 'README.md': '# Shop\n' },
  });
  github.addCollaborator(name, 'writer', 'write');
  github.installApp(owner);
  const { number: issue } = await github.openIssue(name, {
    title: 'Wrong total',
    body: 'By one.',
    user: 'writer',
  });
  await github.idle();

  let known: SeenTask[] = [];
  let wasCancelled = false;
  let isRepeated = false;
  let observed: TestDaemon | null = null;
  const deliveries = () => github.world.deliveries.log.filter(each => each.repositoryId === repository.id);
  const ask = async (where: number, text: string) => void (await github.comment(name, where, text, 'writer'));

  lane.onCrash({
    async down() {
      if (down !== 'cancel') return;
      wasCancelled = true;
      await ask(issue, '/orch cancel');
    },
    async up() {
      await github.idle();
      const failed = deliveries().filter(each => each.status !== 202);
      const isNew = ({ guid }: Delivery) =>
        !deliveries().some(each => each.guid === guid && each.status === 202);
      for (const each of failed.filter(isNew)) github.world.deliveries.redeliver(each);
      if (down !== 'redeliver' || isRepeated) return;
      isRepeated = true;
      for (const each of deliveries().filter(({ event }) => event === 'issue_comment'))
        github.world.deliveries.redeliver(each);
    },
  });

  async function tasks(): Promise<SeenTask[]> {
    const sql = 'select id, state, reason, branch, head, pull from tasks where repository_id = ?';
    lane.check();
    known = (await lane.daemon().query<SeenTask>(sql, repository.id)) ?? known;
    return known;
  }

  return {
    repository,
    issue,
    notes,
    get wasCancelled() {
      return wasCancelled;
    },
    until: bell.until,
    ask,
    label: label => github.setLabel(name, issue, label, 'writer'),
    async openPull() {
      await github.pushCommit(name, 'feature', { 'feature.txt': 'new\n' }, 'writer');
      const pull = { title: 'Feature', head: 'feature', base: 'main', user: 'writer' };
      const { number } = await github.openPull(name, pull);
      await github.idle();
      return number;
    },
    async merge() {
      const [task] = await tasks();
      const pull = repository.issues.get(task?.pull ?? 0);
      if (!pull?.pull || pull.state !== 'open') return;
      if (pull.pull.draft) await github.setDraft(name, pull.number, false, 'writer');
      await github.merge(name, pull.number, 'writer');
    },
    startAgain: () => lane.restart('SIGKILL', armed),
    async stopAndStart() {
      observed = lane.daemon();
      await observed.arm(armed);
      await lane.restart('SIGTERM');
    },
    passed: () => (observed ?? lane.daemon()).passed(),
    tasks,
    committed: async () =>
      void (await bell.until(async () =>
        (
          await tasks()
        ).some(({ id, state }) => isFinal(state) || readNotes(notes, id).some(run => run.commits.length > 0)),
      )),
    over: async state =>
      void (await bell.until(async () => {
        const [task] = await tasks();
        if (task === undefined || !isFinal(task.state)) return false;
        return state === undefined || task.state === state || wasCancelled;
      })),
    deliveries,
  };
}
