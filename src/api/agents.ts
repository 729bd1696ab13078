import type { FastifyInstance } from 'fastify';
import type { AgentView, DebugView, ProfileView } from '../record/agent-views.ts';
import { isoTime } from '../shared/clock.ts';
import { OrchError } from '../shared/errors.ts';
import { type Run, runName, type Task, taskName } from '../task/glossary.ts';
import { namedTask, runView, storyOf } from './answers.ts';
import type { ApiOptions } from './options.ts';

const LINES = 3;

/** Agents at work, and looking into what a task or an agent does. */
export function agentRoutes(app: FastifyInstance, options: ApiOptions): void {
  const { store, clock, agents } = options;

  app.get('/api/agents', async (): Promise<ProfileView[]> => {
    const live = store.runs.live();
    const limits = store.breakers.opened(clock.now());
    return await Promise.all(
      agents.map(async ({ name, maxInstances }) => {
        const own = live.filter(({ profile }) => profile === name);
        const limit = limits.find(({ profile }) => profile === name);
        const slots = Array.from({ length: maxInstances }, (_, index) => index + 1);
        const busy = (slot: number) => own.find(run => run.slot === slot);
        return {
          name,
          max_instances: maxInstances,
          running: own.length,
          limited_until: limit ? isoTime(limit.until) : null,
          limited_because: limit?.reason ?? null,
          agents: await Promise.all(slots.map(slot => showAgent(options, `${name}-${slot}`, busy(slot)))),
        };
      }),
    );
  });
  app.get('/api/agents/:agent/debug', async (request): Promise<DebugView> => {
    const { agent } = request.params as { agent: string };
    const run = lastRunOf(options, agent);
    return { ...(await look(options, store.tasks.get(run.task) as Task)), agent };
  });
  app.get('/api/tasks/:task/debug', async (request): Promise<DebugView> => {
    const task = namedTask(store, request.params);
    const run = store.runs.ofTask(task.id).at(-1);
    return { ...(await look(options, task)), agent: run ? `${run.profile}-${run.slot}` : null };
  });
}

const IDLE = {
  task: null,
  run: null,
  instruction: null,
  state: null,
  detail: null,
  since: null,
  output: null,
};

async function showAgent(
  { store, agentState, insight }: ApiOptions,
  id: string,
  run: Run | undefined,
): Promise<AgentView> {
  if (!run) return { id, ...IDLE };
  const task = store.tasks.get(run.task) as Task;
  const seen = agentState(run.task);
  const output = await insight.output(run, LINES);
  return {
    id,
    task: taskName(run.task),
    run: runName(run.task, run.number),
    instruction: task.instruction,
    state: seen?.state ?? 'starting',
    detail: seen?.detail ?? null,
    since: isoTime(run.startedAt),
    output: output === '' ? [] : output.split('\n'),
  };
}

/** The run that an agent has, or had last. Errors: E_UNKNOWN_AGENT, E_TASK_STATE. */
function lastRunOf({ store, agents }: ApiOptions, name: string): Run {
  const [, named, slot] = /^(.+)-([1-9]\d{0,5})$/.exec(name) ?? [];
  const profile = agents.find(each => each.name === named);
  const remedy = 'See those that are there with: orch agents';
  if (!profile || Number(slot) > profile.maxInstances)
    throw new OrchError('E_UNKNOWN_AGENT', `There is no agent ${name}`, { remedy });
  const run = store.runs.lastOf(profile.name, Number(slot));
  if (!run) throw new OrchError('E_TASK_STATE', `${name} has had no task yet`, { remedy });
  return run;
}

/** All that is known of a task, and what would happen to it next. */
async function look(options: ApiOptions, task: Task): Promise<DebugView> {
  const { store, insight } = options;
  const runs = store.runs.ofTask(task.id);
  const last = runs.at(-1);
  const { said: _said, ...story } = storyOf(options, task);
  return {
    ...story,
    correlation: task.correlation,
    next: await insight.next(task),
    runs: runs.map(run => ({
      ...runView(store, run),
      files: insight.files(run),
    })),
    screen: last?.endedAt === null ? await insight.screen(last) : null,
    output: last ? await insight.output(last, 10) : null,
  };
}
