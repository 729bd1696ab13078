import { z } from 'zod';
import type { Command } from '../command/command.ts';
import { parseComment } from '../command/comment.ts';
import type { RunOptions } from '../command/options.ts';
import { type Clock, systemClock } from '../shared/clock.ts';
import { OrchError } from '../shared/errors.ts';
import { taskName } from '../task/glossary.ts';
import { isFinal, TASK_STATES } from '../task/states.ts';
import { decide } from './decide.ts';
import type { EnqueueInputs } from './inputs.ts';
import type { Job } from './job.ts';
import { say } from './log.ts';
import type { Story } from './outputs.ts';
import { type Server, serverOf } from './server.ts';

/** A daemon that is started anew is away for seconds, and a host for minutes (ms). */
const AWAY = { pause: 5000, most: 600_000 };

/**
 * `mode: enqueue`: hands what is asked for to an Orch that runs elsewhere, and waits until it is over if it is to. Its agents
 * are none of this job's: they go on when it ends or is cancelled. Errors: E_INPUT or E_USAGE when nothing says what is to be
 * done, E_NO_DAEMON, and whatever that Orch says.
 */
export async function enqueue(
  inputs: EnqueueInputs,
  job: Job,
  cancelled: AbortSignal,
  clock: Clock = systemClock,
): Promise<Story | null> {
  const wish = wishOf(inputs, job);
  if (wish === null) return null;
  const orch = await serverOf(inputs);
  const { id, duplicate } = await orch.ask(added, 'POST', '/api/tasks', { sent: wish });
  say(`${id} ${duplicate ? 'is at it already' : 'is queued'} at ${orch.name}.`);
  if (inputs.wait) await waitFor(orch, id, cancelled, clock);
  return (await orch.ask(whole, 'GET', `/api/tasks/${id}`)) as unknown as Story;
}

const taskShape = z.object({ id: z.string().regex(/^T\d{1,15}$/), status: z.enum(TASK_STATES) });
const added = taskShape.extend({ duplicate: z.boolean() });
const list = z.array(z.looseObject({}));
const whole = z.looseObject({ ...taskShape.shape, runs: list, events: list });

/** The body of `POST /api/tasks`; null where the event asks for nothing. */
function wishOf({ task, issue, options }: EnqueueInputs, job: Job): object | null {
  const asked = decide({ task, issue }, job);
  if (asked === null) return null;
  const repository = job.repository.fullName;
  if (asked.kind === 'task') {
    const { instruction, issue } = asked;
    const at = { repository, requester: job.actor.login, ...(issue !== null && { issue }) };
    return { ...at, ...textsOf(options), instruction };
  }
  const event = said.parse(asked.payload);
  const command = commandIn(event.comment?.body ?? event.review?.body ?? '');
  const at = {
    repository,
    requester: event.sender.login,
    issue: issue ?? event.issue?.number ?? event.pull_request?.number,
  };
  return { ...at, ...textsOf({ ...options, ...command.options }), instruction: command.instruction };
}

const numbered = z.object({ number: z.number().int().positive() }).optional();
const words = z.object({ body: z.string().nullish() }).optional();
const said = z.object({
  sender: z.object({ login: z.string() }),
  issue: numbered,
  pull_request: numbered,
  comment: words,
  review: words,
});

/** The one instruction that somebody has written. Errors: E_USAGE. */
function commandIn(text: string): Extract<Command, { kind: 'run' }> {
  const [command, ...more] = parseComment(text);
  if (command?.kind === 'run' && more.length === 0) return command;
  const why =
    command?.kind === 'reply'
      ? command.text
      : '`mode: enqueue` takes one instruction, and nothing else, from an event';
  throw new OrchError('E_USAGE', why, { remedy: ASK_AGAIN });
}

const ASK_AGAIN =
  'Comment /orch and what is to be done, or give `task` in the workflow. Labels, and what steers a task, the App hears of itself.';

/** Options as the API takes them: under their names in comments, and as texts. */
function textsOf({ timeoutSeconds, capabilities, after, budget, ...same }: RunOptions): object {
  const { usd = null, tokens = null } = budget ?? {};
  const amounts = [usd === null ? null : `${usd}usd`, tokens === null ? null : `${tokens}tokens`];
  return {
    ...same,
    ...(timeoutSeconds !== undefined && { timeout: `${timeoutSeconds}s` }),
    ...(capabilities && { capability: capabilities }),
    ...(after && { after: after.map(taskName) }),
    ...(budget && { budget: amounts.filter(amount => amount !== null).join(',') }),
  };
}

/** Until the task is over, or the job is cancelled. That it can't be asked for a while does not end the wait. */
async function waitFor(orch: Server, id: string, signal: AbortSignal, clock: Clock): Promise<void> {
  const stopped = new Promise<void>(resolve => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  let seen = 'queued';
  let lastHeard = clock.now();
  while (!signal.aborted) {
    try {
      const { status } = await orch.ask(taskShape, 'GET', `/api/tasks/${id}/wait?seconds=45`, { signal });
      if (isFinal(status)) return;
      if (status !== seen) say(`${id} is ${status}.`);
      [seen, lastHeard] = [status, clock.now()];
    } catch (error) {
      if (signal.aborted) break;
      const isAway = error instanceof OrchError && error.code === 'E_NO_DAEMON';
      if (!isAway || clock.now() - lastHeard > AWAY.most) throw error;
      await Promise.race([stopped, new Promise<void>(resolve => clock.after(AWAY.pause, resolve))]);
    }
  }
  say(`${id} goes on without this job. To stop it, comment: /orch cancel ${id}`);
}
