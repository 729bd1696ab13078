import { carriedSettings } from '../../config/repository.ts';
import { keyedRounds } from '../../shared/rounds.ts';
import type { Store } from '../../store/open.ts';
import { type Task, taskName } from '../../task/glossary.ts';
import { isFinal } from '../../task/states.ts';
import { githubMessage } from '../client.ts';
import { ownerAndName } from '../comments.ts';
import type { AppContext } from '../context.ts';
import { isSameAs } from './ci-same.ts';
import { detailsReader, type Failure, readCi } from './ci-state.ts';
import { checkName, ciInstruction, MOST_FAILURES } from './ci-text.ts';
import { pullOrigin, wake } from './wake.ts';

export interface Ci {
  /** Something may have changed for the CI of this commit, or of this task's pull request. */
  changed(repositoryId: number, sha: string): void;
  look(task: Task): void;
  stop(): Promise<void>;
}

type CiContext = Omit<AppContext, 'ci'>;

/**
 * Has the agent of a pull request go on when CI has failed on what it pushed, once for each commit and a few times in all. Webhooks,
 * the end of a task and now and then a look are reasons to ask; what GitHub says then is what counts. A CI that fails on the base
 * in the same way is nothing that the change has done, and said instead.
 */
export function startCi(context: CiContext): Ci {
  const { store, clock, log } = context;
  const rounds = keyedRounds({
    clock,
    async work(id: number) {
      await judge(context, store.tasks.get(id) as Task);
      return null;
    },
    failed: (id, error) =>
      log.warn({ task: taskName(id), why: githubMessage(error) }, 'could not look at the CI for now'),
    longestMs: 600_000,
    atOnce: 2,
    groupOf: id => String(store.tasks.get(id)?.installation),
  });
  const look = (task: Task) => {
    const origin = task.continues ?? task.id;
    if (task.pullState === 'open' && !rounds.isFailing(origin)) rounds.wake(origin);
  };
  // While an agent is at work nothing is judged: its end is a reason to look, once for what it has pushed.
  const looked = new Map<number, string>();
  const news = store.journal.onAppend(id => {
    const task = store.tasks.get(id);
    if (task?.state !== 'completed' || task.head === null || looked.get(id) === task.head) return;
    if (task.pullState === 'open') looked.set(id, task.head);
    else looked.delete(id);
    look(task);
  });
  return {
    look,
    changed(repositoryId, sha) {
      for (const task of store.tasks.withOpenPull())
        if (task.repositoryId === repositoryId && task.head === sha) look(task);
    },
    async stop() {
      news[Symbol.dispose]();
      await rounds.stop();
    },
  };
}

async function judge(context: CiContext, task: Task): Promise<void> {
  const { store, settings, github } = context;
  const origin = pullOrigin(store, task.repositoryId, task.pull as number);
  const newest = origin && newestPush(store, origin);
  if (!origin || !newest?.head) return;
  const repository = carriedSettings(settings)(newest.settings);
  const source = `ci:${origin.repositoryId}:${origin.pull}:${newest.head}`;
  if (!repository.followUp.ci || store.tasks.bySource(source) !== null) return;
  const octokit = await github.octokit(origin.installation, origin.repositoryId);
  const { appId } = await github.identity(origin.installation, origin.repositoryId);
  const ci = await readCi(octokit, origin.repository, newest.head, appId);
  if (ci.kind !== 'failed') return;
  const { failures } = ci;
  const { data: pull } = await octokit.request('GET /repos/{owner}/{repo}/pulls/{pull_number}', {
    ...ownerAndName(origin.repository),
    pull_number: origin.pull as number,
  });
  // What a person has pushed is that person's to mend.
  if (pull.state !== 'open' || pull.head.sha !== newest.head) return;
  const read = detailsReader(octokit, origin.repository);
  const bases = new Set([newest.baseSha ?? pull.base.sha, pull.base.sha]);
  for (const base of bases)
    if (await isSameAs(await readCi(octokit, origin.repository, base, appId), failures, read))
      return await say(context, origin, source, sameText(failures, base));
  const before = store.followUps.ofOrigin(origin.id).filter(({ kind }) => kind === 'ci').length;
  if (before >= repository.followUp.ciAttempts)
    return await say(context, origin, source, enoughText(failures, before));
  const told = await Promise.all(
    failures.slice(0, MOST_FAILURES).map(async failure => ({ ...failure, ...(await read(failure)) })),
  );
  const woken = wake(context, origin, {
    ...{ kind: 'ci', source, matter: { head: newest.head }, by: null, repository, delivery: source },
    instruction: ciInstruction(newest.head, told, failures.length - told.length),
    pull: { title: pull.title, body: pull.body, head: pull.head.sha },
  });
  if (woken.kind === 'spent') await say(context, origin, source, spentText(failures));
}

/** The task that has pushed last, unless one is open: what it does comes first. */
function newestPush(store: Store, { repositoryId, pull }: Task): Task | null {
  const tasks = store.tasks.byPull(repositoryId, pull as number);
  const isAtWork = tasks.some(({ state }) => !isFinal(state));
  return isAtWork ? null : (tasks.find(({ state, head }) => state === 'completed' && head !== null) ?? null);
}

function sameText(failures: readonly Failure[], base: string): string {
  return `CI fails here as it does on the base ${base}: ${namesOf(failures)}. This change has not caused it, so its agent is left alone.`;
}

function enoughText(failures: readonly Failure[], times: number): string {
  const often =
    times === 0
      ? 'is not woken for it here'
      : `has tried ${times === 1 ? 'once' : `${times} times`} to mend it`;
  return `CI fails: ${namesOf(failures)}. The agent ${often}; \`/orch\` and what to do has it go on.`;
}

function spentText(failures: readonly Failure[]): string {
  return `CI fails: ${namesOf(failures)}. What this pull request may take is spent, so its agent is left alone; \`/orch\` and what to do has it go on.`;
}

function namesOf(failures: readonly Failure[]): string {
  const names = failures.slice(0, MOST_FAILURES).map(({ name }) => checkName(name));
  return `${names.join(', ')}${failures.length > names.length ? ` and ${failures.length - names.length} more` : ''}`;
}

/** Once for a commit. */
async function say({ replies }: CiContext, origin: Task, source: string, text: string): Promise<void> {
  const { repositoryId: id, repository: full_name, installation, pull } = origin;
  await replies.reply(
    { repository: { id, full_name }, installation: { id: installation }, issue: { number: pull as number } },
    `${source}:said`,
    text,
  );
}
