import { type Broker, type BrokerHandlers, openBroker } from '../broker/broker.ts';
import { createPublisher, type PublishOptions } from '../broker/publish.ts';
import { openTalk } from '../broker/talk.ts';
import type { Paths } from '../config/paths.ts';
import type { Stages } from '../scheduler/stages.ts';
import { OrchError } from '../shared/errors.ts';
import { stripInvisible } from '../shared/invisible.ts';
import type { Log } from '../shared/log.ts';
import type { Secrets } from '../shared/secrets/secrets.ts';
import { type Run, runName } from '../task/glossary.ts';
import { isFinal } from '../task/states.ts';
import { BY_HAND, BY_TIME, type Checkpoints } from './checkpoints.ts';
import type { Plans } from './plans.ts';

export interface BrokerStage extends AsyncDisposable {
  stage: Stages['broker'];
  /** While Orch itself takes commits from the worktree of a run that is over, they are kept and go no further. */
  rescuing(run: Run, on: boolean): void;
  /** While Orch itself has the worktree kept, and what for. */
  checkpointing(run: Run, why: string | null): void;
  /** Why the run's last push failed, with its cause, which the agent's git does not pass on; undefined if it did not. */
  failure(run: Run): unknown;
  /** GitHub's refusal of the pull request that the agent wanted last; undefined when it was opened, or not refused. */
  unopened(run: Run): OrchError | undefined;
}

/** Each asks GitHub several times, whose limits all of an installation share; no honest agent comes near. */
const MOST_WISHES = 200;
const MOST_CHECKPOINTS_A_MINUTE = 10;

/** An agent can send its own meanwhile. */
const OF_AGENTS_AT_WORK = [BY_TIME, BY_HAND];

/** Each is a line in the journal; a question changes comment and check run as well. */
const MOST_WORDS = { question: 50, progress: 500 };

/** One broker a live run, each on a socket of its own. */
export function brokerStage(
  options: PublishOptions & {
    paths: Paths;
    log: Log;
    secrets: Secrets;
    checkpoint: Checkpoints['take'];
    plans: Pick<Plans, 'make'>;
  },
): BrokerStage {
  const open = new Map<string, { branch: string; broker: Promise<Broker> }>();
  const rescuing = new Set<string>();
  const checkpointing = new Map<string, string>();
  const failures = new Map<string, unknown>();
  const unopened = new Map<string, OrchError>();
  const wishes = new Map<string, number>();
  const words = { question: new Map<string, number>(), progress: new Map<string, number>() };
  const talk = openTalk(options);
  const name = (run: Run) => runName(run.task, run.number);

  /** What Orch itself takes from the worktree when a run is over does not count. */
  function count(run: Run): void {
    if (rescuing.has(name(run)) || next(wishes, name(run)) <= MOST_WISHES) return;
    const what = `${name(run)} has pushed and asked for its pull request ${MOST_WISHES} times, which is all that it may`;
    throw new OrchError('E_PUSH_REFUSED', what, {
      remedy: 'Commit the rest and end: Orch then takes the commits itself.',
    });
  }

  /** Agents make checkpoints too, in measure. What Orch makes of one at work counts with them, for it may be the agent's as well. */
  function checkpointOf(run: Run, note: string | null, isOver: boolean): string {
    const why = checkpointing.get(name(run));
    if (why !== undefined && !OF_AGENTS_AT_WORK.includes(why)) return why;
    if (isOver) throw new OrchError('E_RUN_ENDED', `${name(run)} is over`);
    if (why === undefined) count(run);
    const made = options.store.checkpoints.countSince(run.task, options.clock.now() - 60_000);
    if (made >= MOST_CHECKPOINTS_A_MINUTE) {
      const what = `${made} checkpoints were made in the last minute, which is all that there may be`;
      throw new OrchError('E_CHECKPOINT', what, { remedy: 'Go on; the last one is seconds old.' });
    }
    if (why !== undefined) return why;
    return note === null ? 'by the agent' : `by the agent: ${stripInvisible(note)}`;
  }

  /** Whatever its agent has done in the worktree, nothing of it goes out. */
  function refuseWhilePlanning(run: Run): void {
    if (!options.store.plans.isMaking(run.task)) return;
    throw new OrchError('E_PLAN', `${name(run)} makes a plan, and changes nothing before people approve it`, {
      remedy: 'Tell the plan with `orch plan`, then end your turn.',
    });
  }

  function countWords(run: Run, kind: keyof typeof MOST_WORDS): void {
    if (next(words[kind], name(run)) <= MOST_WORDS[kind]) return;
    const what = `${name(run)} has told people ${MOST_WORDS[kind]} times of ${kind === 'question' ? 'a question' : 'its progress'}, which is all that it may`;
    throw new OrchError('E_USAGE', what, {
      remedy: 'Work on without, and tell the rest in the pull request.',
    });
  }

  function handlers(run: Run): BrokerHandlers {
    const publisher = createPublisher(options, run);
    const isOver = () => {
      const task = options.store.tasks.get(run.task);
      return task?.epoch !== run.epoch || isFinal(task.state);
    };
    return {
      refs: async () => publisher.refs(),
      async push(push) {
        refuseWhilePlanning(run);
        count(run);
        failures.delete(name(run));
        try {
          const isLast = rescuing.has(name(run));
          if (isOver() && isLast) await publisher.keep({ ...push, isLast });
          else await publisher.push({ ...push, isLast });
        } catch (error) {
          failures.set(name(run), error);
          throw error;
        }
        return { ok: true };
      },
      async pullRequest(pull) {
        refuseWhilePlanning(run);
        count(run);
        unopened.delete(name(run));
        try {
          return await publisher.pullRequest(pull);
        } catch (error) {
          if (error instanceof OrchError && error.code === 'E_GITHUB') unopened.set(name(run), error);
          throw error;
        }
      },
      checkpoint: ({ note, ...sent }) =>
        options.checkpoint(run, { ...sent, why: checkpointOf(run, note, isOver()) }),
      async ask(question, gone) {
        countWords(run, 'question');
        return await talk.ask(run, question, gone);
      },
      async progress(text) {
        countWords(run, 'progress');
        talk.progress(run, text);
      },
      async plan(plan) {
        countWords(run, 'question');
        options.plans.make(run, plan);
      },
      async done({ summary }) {
        refuseWhilePlanning(run);
        if (run.keyboard !== null) throw notDone(run.keyboard);
        talk.withdraw(run);
        await publisher.done(summary);
      },
    };
  }

  async function close(run: Run): Promise<void> {
    const there = open.get(name(run));
    for (const kept of [open, failures, unopened, wishes, words.question, words.progress])
      kept.delete(name(run));
    await (await there?.broker)?.[Symbol.asyncDispose]();
  }

  return {
    stage: {
      async open(task, run) {
        if (task.branch === null) return;
        const there = open.get(name(run));
        if (there?.branch === task.branch) return void (await there.broker);
        // It was opened for the branch of the try before, which turned out to be somebody else's.
        if (there) await close(run);
        const broker = openBroker({
          directory: options.paths.sockets(name(run)),
          run: name(run),
          branch: task.branch,
          handlers: handlers(run),
          log: options.log,
          redact: options.secrets.redact,
        });
        open.set(name(run), { branch: task.branch, broker });
        await broker.catch(error => {
          open.delete(name(run));
          throw error;
        });
      },
      close,
    },
    rescuing(run, on) {
      if (on) rescuing.add(name(run));
      else rescuing.delete(name(run));
    },
    checkpointing(run, why) {
      if (why !== null) checkpointing.set(name(run), why);
      else checkpointing.delete(name(run));
    },
    failure: run => failures.get(name(run)),
    unopened: run => unopened.get(name(run)),
    async [Symbol.asyncDispose]() {
      const brokers = await Promise.all([...open.values()].map(({ broker }) => broker));
      open.clear();
      await Promise.all(brokers.map(broker => broker[Symbol.asyncDispose]()));
    },
  };
}

function notDone(who: string): OrchError {
  return new OrchError('E_TASK_STATE', `${who} has the keyboard`, {
    remedy: 'Leave the program: the agent then goes on by itself, and says when it is done.',
  });
}

function next(counts: Map<string, number>, name: string): number {
  const count = (counts.get(name) ?? 0) + 1;
  counts.set(name, count);
  return count;
}
