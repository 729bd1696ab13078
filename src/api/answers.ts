import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { proofOf } from '../proof/due.ts';
import {
  type RunView,
  showEvent,
  showInput,
  showPlan,
  showProof,
  showRun,
  showTask,
  type TaskView,
} from '../record/views.ts';
import { type ErrorCode, OrchError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import type { Store } from '../store/open.ts';
import { parseTaskName, type Run, type Task } from '../task/glossary.ts';
import type { ApiOptions } from './options.ts';

type Known = Pick<ApiOptions, 'store' | 'clock' | 'agentState'>;

/** A task as the API shows it now. */
export function taskView({ store, clock, agentState }: Known, task: Task): TaskView {
  return showTask(task, clock.now(), {
    agent: agentState(task.id),
    spent: store.usage.spent(task),
    after: store.dependencies.of(task.id),
    live: store.runs.liveOf(task.id),
    overlaps: store.overlaps.ofTask(task.id),
  });
}

/** A task with its runs, what was said to its agents, and what has happened. */
export function storyOf(options: Known & Pick<ApiOptions, 'local'>, task: Task) {
  const { store, local } = options;
  const runs = store.runs.ofTask(task.id).map(run => runView(store, run));
  const plan = showPlan(task, store.plans.get(task.id));
  const said = store.inputs.ofTask(task.id).map(showInput);
  const events = store.journal.ofTask(task.id).map(showEvent);
  const tests = local?.tests(task) ?? null;
  const proof = showProof(proofOf(store, task));
  return { ...taskView(options, task), tests, proof, plan, runs, said, events };
}

export function runView({ usage, dispatches }: Store, run: Run): RunView {
  return showRun(run, usage.ofRun(run.task, run.number), dispatches.workflowRun(run));
}

/** The task that a path names, in any of its ways. Errors: E_UNKNOWN_TASK. */
export function namedTask(store: Store, params: unknown): Task {
  const { task: name } = params as { task: string };
  const id = parseTaskName(name);
  const task = id === null ? null : store.tasks.get(id);
  if (!task) throw new OrchError('E_UNKNOWN_TASK', `There is no task ${name}`);
  return task;
}

/** Who asks: the holder of the token, or on the socket the person at the command line. */
export function whoAsks({ holder }: FastifyRequest): string {
  return holder?.name ?? 'the command line';
}

/** Who has changed something, for the task's reason and the log. */
export function where({ holder }: FastifyRequest): string {
  return holder === null ? 'on the command line' : `over the API by ${holder.name}`;
}

const STATUS: Partial<Record<ErrorCode, number>> = {
  E_UNKNOWN_TASK: 404,
  E_UNAUTHORIZED: 401,
  E_FORBIDDEN: 403,
  E_NO_ACCESS: 403,
  E_UNKNOWN_REPOSITORY: 404,
  E_UNKNOWN_ISSUE: 404,
  E_GITHUB_AWAY: 503,
  E_TOKENS: 503,
  E_USAGE: 400,
  E_TASK_FILE: 400,
  E_CYCLE: 400,
  E_UNKNOWN_AGENT: 400,
  E_UNKNOWN_BASE: 400,
  E_BUSY: 429,
};

/** Answers what a handler has thrown: `{ code, message, remedy }`. */
export function errorAnswers(log: Log, release: string) {
  return (error: unknown, _request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    // What is no request at all has passed by the hooks.
    reply.header('orch-version', release);
    if (error instanceof OrchError) {
      if (error.code === 'E_UNAUTHORIZED') reply.header('www-authenticate', 'Bearer');
      return reply
        .code(STATUS[error.code] ?? 409)
        .send({ code: error.code, message: error.message, remedy: error.remedy });
    }
    if (error instanceof z.ZodError)
      return reply.code(400).send({ code: 'E_USAGE', message: z.prettifyError(error) });
    // Fastify's own complaints about a request are for whoever sent it; anything else stays inside.
    const { statusCode = 500, message } = error as FastifyError;
    if (statusCode < 500) return reply.code(statusCode).send({ code: 'E_USAGE', message });
    log.error({ err: error }, 'API request failed');
    if ((error as FastifyError).code === 'SQLITE_FULL') {
      const remedy = 'Make room, then ask again.';
      return reply.code(507).send({ code: 'E_DISK_FULL', message: 'The disk is full', remedy });
    }
    const inside = new OrchError('E_INTERNAL', 'Orch failed inside');
    return reply.code(500).send({ code: inside.code, message: inside.message, remedy: inside.remedy });
  };
}
