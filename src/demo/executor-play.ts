import { OF_ACTIONS } from '../github/workflows.ts';
import { readManifest } from '../simulator/manifest.ts';
import type { SimulatorOptions } from '../simulator/simulator.ts';
import type { WorkflowRun } from '../simulator/workflows/run.ts';
import { startApp } from './app.ts';
import { type Outcome, readOutcome, tasksOf } from './outcome.ts';
import type { Play, Scene } from './play.ts';
import { startRunners } from './runners.ts';
import { endOfStories, readStory, told } from './story.ts';
import { EXECUTE_WORKFLOW } from './workflows.ts';

/** So many issues are asked about, and so many runners share the work. */
export const TASKS = 10;
const RUNNERS = 3;

/** Orch as a server that has its runs carried out by GitHub Actions, on three self-hosted runners. */
export async function executorPlay(scene: Scene): Promise<Play> {
  const { github, home, sandbox, tell } = scene;
  const many = Object.entries(scene.agents).map(([name, agent]) => [
    name,
    { ...agent, max_instances: TASKS },
  ]);
  const agents = Object.fromEntries(many);
  await using stack = new AsyncDisposableStack();
  stack.use(await startRunners(scene, EXECUTE_WORKFLOW, RUNNERS));
  const settings = { engine: 'actions', limits: { concurrent: TASKS, per_repository: TASKS } };
  const app = stack.use(await startApp({ home, credentials: github.credentials, agents, sandbox, settings }));
  github.setWebhook(app.webhookUrl);
  const owned = stack.move();
  return {
    where: `${app.webhookUrl}, and ${RUNNERS} self-hosted runners`,
    inside: `ORCH_HOME=${home} orch status`,
    narrate: () =>
      github.workflows.onChange(run => tell(`${new Date().toISOString().slice(11, 23)}  ${sentence(run)}`)),
    ended: () => endOfStories(home, github, TASKS),
    async outcome(issue, seconds): Promise<Outcome> {
      const stories = await Promise.all(Array.from({ length: TASKS }, (_, at) => readStory(home, at + 1)));
      // Deliveries overtake each other: which issue became which task is open.
      const own = stories.find(story => story?.issue === issue) ?? null;
      const first = await readOutcome(github, issue, told(own), seconds);
      const tasks = await tasksOf(github, stories.map(told));
      const pulls = new Set(tasks.map(({ pull_request }) => pull_request?.number));
      const isWhole = tasks.every(({ status, pull_request }) => status === 'completed' && pull_request);
      return { ...first, ok: first.ok && isWhole && pulls.size === TASKS, tasks };
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** What the App asks GitHub for with `engine: actions`, beyond app.yml. */
export function executorsApp(): NonNullable<SimulatorOptions['app']> {
  const { permissions, events } = readManifest();
  return { permissions: { ...permissions, actions: 'write' }, events: [...events, ...OF_ACTIONS] };
}

function sentence({ title, status, conclusion, jobs }: WorkflowRun): string {
  const runner = jobs[0]?.runner?.name;
  return `${title}: ${conclusion ?? status.replace('_', ' ')}${runner ? ` on ${runner}` : ''}`;
}
