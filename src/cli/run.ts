import type { AgentView, ProfileView } from '../record/agent-views.ts';
import type { EventView, TaskView } from '../record/views.ts';
import { duration } from '../shared/clock.ts';
import { isAboutPlan } from '../store/plans.ts';
import { isFinal } from '../task/states.ts';
import { type Added, addedText, addTask, type WishOptions } from './add.ts';
import { askDaemon } from './daemon-client.ts';
import { journal } from './events.ts';
import { findHome } from './home.ts';
import { aboveLine, clearLine, showLine } from './live-line.ts';
import { say, sayJson } from './output.ts';

/**
 * `orch run INSTRUCTION`: queues a task and tells how it goes, until it is over. The exit code says how it ended; Ctrl-C
 * leaves the task to itself.
 */
export async function run(words: readonly string[], options: WishOptions): Promise<void> {
  const home = await findHome(options);
  const added = await addTask(home, words, options);
  const tell = options.json ? () => {} : aboveLine;
  process.once('SIGINT', () => {
    clearLine();
    tell(
      `\n${added.id} goes on without you. Follow it with: orch logs -f ${added.id}. Stop it with: orch cancel ${added.id}`,
    );
    process.exit(130);
  });
  tell(addedText(added));
  {
    using _live = options.json ? null : showLive(home, added.id);
    await follow(home, added, tell);
  }
  const task = await askDaemon<TaskView>(home, 'GET', `/api/tasks/${added.id}`);
  if (options.json) sayJson({ ...task, duplicate: added.duplicate });
  else say(endText(task));
  process.exitCode = task.status === 'completed' ? 0 : 1;
}

/** Keeps a line below with what the agent does and has printed last; nothing without a terminal. */
function showLive(home: string, task: string): Disposable {
  if (!process.stdout.isTTY) return { [Symbol.dispose]: () => {} };
  const look = async () => {
    const profiles = await askDaemon<ProfileView[]>(home, 'GET', '/api/agents').catch(() => []);
    const agent = profiles.flatMap(({ agents }) => agents).find(each => each.task === task);
    if (agent) showLine(liveText(agent, Date.now()));
  };
  const timer = setInterval(look, 1000);
  return {
    [Symbol.dispose]() {
      clearInterval(timer);
      clearLine();
    },
  };
}

function liveText({ id, state, since, detail, output }: AgentView, now: number): string {
  const time = since === null ? '' : `, ${duration(now - Date.parse(since))}`;
  return `${id} ${state}${time}: ${detail ?? output?.at(-1) ?? ''}`;
}

/** Until the task is over. What is told of a task that was there before begins now. */
async function follow(home: string, added: Added, tell: (text: string) => void): Promise<void> {
  const told = { after: 0, task: added.id };
  for await (const event of journal(home, told)) {
    const isOld = added.duplicate && event.at < added.updated_at;
    if (event.type !== 'task:queued' && !isOld) tell(lineOf(event));
    if (event.type === 'task:state' && isFinal(event.data.to)) return;
  }
}

function lineOf(event: EventView): string {
  const time = new Date(event.at).toTimeString().slice(0, 8);
  const next = nextStep(event);
  return `${time}  ${event.text.replaceAll('\n', '\n          ')}${next === null ? '' : `\n          ${next}`}`;
}

/** What a person may do now, where somebody is waited for. */
function nextStep({ type, data, task }: EventView): string | null {
  if (type === 'task:question' && data.question !== null)
    return isAboutPlan(data.question)
      ? `See it with: orch show ${task}; then orch approve ${task}, or orch say ${task} TEXT`
      : `Answer with: orch say ${task} TEXT`;
  if (type === 'task:state' && data.to === 'paused') return `Let it go on with: orch resume ${task}`;
  return null;
}

function endText({ id, status, reason, pull_request }: TaskView): string {
  if (status === 'completed') {
    const url = pull_request?.url ?? null;
    if (url !== null) return `${id} is completed. Pull request: ${url}`;
    const next = pull_request ? ` Look at it with: orch diff ${id}. Take it with: orch merge ${id}` : '';
    return `${id} is completed.${next}`;
  }
  const why = reason === null ? '' : `: ${reason}`;
  return `${id} is ${status}${why}\nSee what it did with: orch show ${id}. Try it again with: orch retry ${id}`;
}
