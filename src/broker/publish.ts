import type { Readable } from 'node:stream';
import type { Forge } from '../forge/forge.ts';
import type { Clock } from '../shared/clock.ts';
import { OrchError } from '../shared/errors.ts';
import { stripInvisible } from '../shared/invisible.ts';
import type { Secrets } from '../shared/secrets/secrets.ts';
import type { Store } from '../store/open.ts';
import { type Run, runName, type Task, taskName } from '../task/glossary.ts';
import { isFinal } from '../task/states.ts';

/** Git as the publisher needs it: the daemon's repository of the task's remote, and the remote. */
export interface PublishGit {
  /** Takes a pack into the daemon's repository. Errors: E_PUSH_REFUSED. */
  receive(task: Task, run: Run, push: Push): Promise<void>;
  /** Takes it in without asking whether the forge may have it. */
  keep(task: Task, run: Run, push: Push): Promise<void>;
  /** Whether the commit has anything that the base lacks. */
  isAhead(task: Task, sha: string): Promise<boolean>;
  /** The commits of the task's branch that this one does not build on. */
  lost(task: Task, sha: string): Promise<string[]>;
  /** Keeps where the task's branch stands, if this commit does not lead there. */
  keepTip(task: Task, run: Run, sha: string): Promise<void>;
  /** Pushes to the task's branch if it stands at `expected` (null: is not there). */
  push(task: Task, sha: string, expected: string | null): Promise<Pushed>;
  /** Where the task's branch stands on the forge now; it is fetched by the way. */
  tip(task: Task): Promise<string | null>;
  /** Keeps a commit that the forge does not take; says where, for people. */
  rescue(task: Task, run: Run, sha: string): Promise<string>;
}

type Pushed = { kind: 'pushed' } | { kind: 'rejected'; moved: boolean; text: string };

export interface PublishOptions {
  store: Store;
  clock: Clock;
  forge: Pick<Forge, 'name' | 'confirm' | 'pulls' | 'refused'>;
  git: PublishGit;
  secrets: Pick<Secrets, 'find'>;
}

export interface Push {
  new: string;
  pack: Readable;
  /** Orch itself brings what an agent left: after a refusal there will be no better one. */
  isLast: boolean;
}

/**
 * What a run may do on the forge, each time only while the run is its task's own: E_RUN_ENDED otherwise. The broker asks
 * one thing after the other.
 */
export function createPublisher({ store, clock, forge, git, secrets }: PublishOptions, run: Run) {
  function current(): Task {
    const task = store.tasks.get(run.task);
    if (task && task.epoch === run.epoch && !isFinal(task.state)) return task;
    throw new OrchError('E_RUN_ENDED', `${runName(run.task, run.number)} is over`);
  }

  async function publish(task: Task, sha: string): Promise<void> {
    const branch = task.branch as string;
    if (await isOverOthers(task, sha)) throw behind(branch, await git.rescue(task, run, sha));
    const intended = store.creations.get(task.id, 'branch', branch)?.content;
    // The intent is on disk first: after a crash in the push, a branch at this commit is known to be ours.
    store.creations.begin(task.id, 'branch', branch, clock.now());
    store.creations.record(task.id, 'branch', branch, task.id, sha);
    let pushed = await git.push(task, sha, task.head);
    if (pushed.kind === 'rejected' && pushed.moved) {
      const tip = await git.tip(task);
      if (tip === sha) return;
      if (tip !== null && tip === intended) pushed = await git.push(task, sha, tip);
      else if (tip !== null && task.head !== null) {
        moved(task, tip);
        throw behind(branch, await git.rescue(task, run, sha));
      }
    }
    if (pushed.kind === 'pushed') return;
    // Not ours and never was: the next try takes another name, and nothing is forced.
    if (pushed.moved && task.head === null && intended === undefined)
      store.creations.forget(task.id, 'branch', branch);
    const what = `${forge.name} refused the push to \`${branch}\``;
    throw forge.refused(what, pushed.text, await git.rescue(task, run, sha));
  }

  /** Whether it would take away what others have pushed. */
  async function isOverOthers(task: Task, sha: string): Promise<boolean> {
    const tips = tipsOfOthers(store, task);
    return tips.size > 0 && task.head !== null && (await git.lost(task, sha)).some(lost => tips.has(lost));
  }

  /** Somebody else has pushed: what the run pushes from now on has to build on that. */
  function moved(task: Task, head: string): void {
    store.transaction(() => {
      if (!store.tasks.update(task.id, run.epoch, { head, updatedAt: clock.now() })) return;
      store.journal.append(clock.now(), task.id, 'branch:moved', { run: run.number, head });
    });
  }

  return {
    /** What is on the forge of what the run's commits build on: full names and commits. */
    refs(): Record<string, string> {
      const { branch, head, target, baseSha } = store.tasks.get(run.task) as Task;
      return {
        ...(target !== null && baseSha !== null ? { [`refs/heads/${target}`]: baseSha } : {}),
        ...(branch !== null && head !== null ? { [`refs/heads/${branch}`]: head } : {}),
      };
    },

    /** Takes the commits and brings them to the task's branch on the forge; the answer is the forge's. */
    async push(push: Push): Promise<void> {
      const task = current();
      await git.receive(task, run, push);
      if (!(await git.isAhead(task, push.new))) {
        throw new OrchError('E_PUSH_REFUSED', `There is no commit beyond \`${task.target}\` to push`);
      }
      // The commits are Orch's by now: what is not published is kept.
      await forge.confirm(task);
      await git.keepTip(task, run, push.new);
      await patiently(clock, () => publish(current(), push.new));
      store.transaction(() => {
        const patch = { head: push.new, updatedAt: clock.now() };
        if (!store.tasks.update(task.id, run.epoch, patch)) return;
        store.journal.append(clock.now(), task.id, 'branch:pushed', { run: run.number, head: push.new });
      });
    },

    /** Keeps the commits of a run that is over where only Orch sees them. */
    async keep(push: Push): Promise<void> {
      await git.keep(store.tasks.get(run.task) as Task, run, push);
    },

    /** Opens the task's pull request, or finds the one that is there. */
    async pullRequest({
      base,
      ...text
    }: {
      title: string;
      body: string;
      base: string | null;
      draft: boolean;
    }) {
      const task = current();
      if (base !== null && base !== task.target) {
        throw new OrchError(
          'E_BRANCH_REFUSED',
          `This run opens its pull request onto ${task.target}, not ${base}`,
          {
            remedy: 'Leave --base out.',
          },
        );
      }
      // As it will be seen: what is taken out must not bring together a secret.
      refuseSecrets(secrets, 'title', stripInvisible(text.title));
      refuseSecrets(secrets, 'body', stripInvisible(text.body));
      if (task.head === null) throw new OrchError('E_PUSH_REFUSED', 'There is nothing on the branch yet');
      await forge.confirm(task);
      return await patiently(clock, () => forge.pulls.open(current(), text));
    },

    /** The agent says that it has finished. */
    async done(summary: string | null): Promise<void> {
      current();
      store.transaction(() => {
        // Saying it again must not put off the end.
        if (store.runs.get(run.task, run.number)?.doneAt !== null) return;
        store.runs.update(run, { doneAt: clock.now() });
        store.journal.append(clock.now(), run.task, 'run:done', { run: run.number, summary });
      });
    },
  };
}

/** Where others than Orch have left the branch of a task's pull request. */
function tipsOfOthers(store: Store, task: Task): Set<string> {
  const tasks = task.pull === null ? [task] : store.tasks.byPull(task.repositoryId, task.pull);
  const events = tasks.flatMap(({ id }) => store.journal.ofTask(id));
  const own = events.flatMap(({ type, data }) =>
    type === 'branch:pushed' || type === 'base:merged' ? [data.head] : [],
  );
  const found = events.flatMap(({ type, data }) => (type === 'branch:moved' ? [data.head] : []));
  const begun = tasks.flatMap(({ continues, headSha }) => (continues === null ? [] : (headSha ?? [])));
  return new Set([...found, ...begun].filter(tip => !own.includes(tip)));
}

function behind(branch: string, kept: string): OrchError {
  return new OrchError('E_PUSH_REFUSED', `Somebody else has pushed to \`${branch}\`, which has to stay`, {
    remedy: `Take it in with \`git pull --rebase origin ${branch}\`, then push again. The work is kept: ${kept}.`,
  });
}

function refuseSecrets(secrets: PublishOptions['secrets'], part: string, text: string): void {
  const [found] = secrets.find(text);
  if (found === undefined) return;
  const line = text.slice(0, found.start).split('\n').length;
  const what = `The ${part} of the pull request, line ${line}, holds ${found.what}`;
  throw new OrchError('E_PUSH_REFUSED', what, {
    remedy: 'Take it out, then open the pull request again.',
  });
}

/** The instruction's first line, for a pull request that nobody gave a title. */
export function defaultTitle(task: Task): string {
  const line = (task.instruction.split('\n', 1)[0] ?? '').trim();
  return line === '' ? taskName(task.id) : line.charAt(0).toUpperCase() + line.slice(1);
}

const PAUSES_MS = [1000, 4000];

/** An agent waits for the answer: what the forge may get over in seconds is tried again before it is told. */
async function patiently<T>(clock: Clock, work: () => Promise<T>): Promise<T> {
  for (const pause of PAUSES_MS) {
    try {
      return await work();
    } catch (error) {
      if (error instanceof OrchError && error.code !== 'E_PROGRAM_FAILED') throw error;
      await new Promise<void>(resolve => clock.after(pause, resolve));
    }
  }
  return await work();
}
