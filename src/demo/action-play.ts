import type { JobRecord } from '../simulator/runner/run-job.ts';
import { readOutcome, type Told } from './outcome.ts';
import type { Play, Scene } from './play.ts';
import { startRunners, workflowRuns } from './runners.ts';
import { RUN_WORKFLOW } from './workflows.ts';

/** Orch as a step of a workflow, on one self-hosted runner, and no server. */
export async function actionPlay(scene: Scene): Promise<Play> {
  const { github, tell } = scene;
  const records: JobRecord[] = [];
  let said: (line: string) => void = () => {};
  const runners = await startRunners(scene, RUN_WORKFLOW, 1, {
    ended: record => void records.push(record),
    said: line => said(line),
  });
  return {
    where: 'in a workflow, on a self-hosted runner; no server',
    inside: null,
    narrate() {
      said = line => {
        const shown = withoutMarks(line);
        if (shown) tell(`${new Date().toISOString().slice(11, 23)}  ${shown}`);
      };
      return {
        [Symbol.dispose]() {
          said = () => {};
        },
      };
    },
    ended: () => new Promise(resolve => github.workflows.onChange(() => isOver(scene) && resolve('ended'))),
    outcome: (issue, seconds) => readOutcome(github, issue, toldIn(records), seconds),
    [Symbol.asyncDispose]: () => runners[Symbol.asyncDispose](),
  };
}

/** A line of a log as its page shows it: groups by their title, and what was marked as a warning by that word. */
function withoutMarks(line: string): string {
  return line.replace(/^##\[(group|endgroup)\]/, '').replace(/^##\[(\w+)\]/, '$1: ');
}

function isOver(scene: Scene): boolean {
  const runs = workflowRuns(scene);
  return runs.length > 0 && runs.every(({ status }) => status === 'completed');
}

/** The task as the step's outputs and log have it. */
function toldIn(records: readonly JobRecord[]): Told | null {
  const step = records.flatMap(({ steps }) => steps).find(({ outputs }) => outputs.task);
  if (!step) return null;
  const { task = '', status = '', 'pull-request-number': pull } = step.outputs;
  const run = step.lines.map(line => /\b(T\d+\.\d+) by /.exec(line)?.[1]).findLast(name => name) ?? null;
  const states = step.lines.flatMap(line =>
    line === 'queued' ? ['queued'] : (/^\w+ → (\w+)/.exec(line)?.[1] ?? []),
  );
  return { id: task, status, run, pull: pull ? Number(pull) : null, states };
}
