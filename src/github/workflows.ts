import { toWorkflowRun } from '../engine/actions/workflow.ts';
import type { AppContext } from './context.ts';
import { pushed, workflowJob, workflowRun } from './payloads.ts';

type Handler = (context: AppContext, payload: unknown) => Promise<void> | void;

/** What GitHub tells of workflow runs: of interest only where they carry out runs of Orch. */
export const WORKFLOWS: Record<string, Handler> = {
  'workflow_run.requested': ranWorkflow,
  'workflow_run.in_progress': ranWorkflow,
  'workflow_run.completed': ranWorkflow,
  'workflow_job.in_progress': ranJob,
  'workflow_job.completed': ranJob,
};

/** The App subscribes to these with `engine: actions` alone. */
export const OF_ACTIONS = [...new Set(Object.keys(WORKFLOWS).map(name => name.split('.')[0] as string))];

async function ranWorkflow({ actions }: AppContext, raw: unknown): Promise<void> {
  if (!actions) return;
  const { workflow_run: run, repository } = workflowRun.parse(raw);
  await actions.shown(toWorkflowRun(run), repository.id);
  actions.heard(run.id);
}

function ranJob({ actions }: AppContext, raw: unknown): void {
  actions?.heard(workflowJob.parse(raw).workflow_job.run_id);
}

/** A branch that open pull requests go to leaves them behind; another may be that of a run which a job carries out. */
export function branchMoved({ actions, baseMoved }: AppContext, raw: unknown): void {
  const { ref, after, deleted, repository } = pushed.parse(raw);
  if (deleted || !ref.startsWith('refs/heads/')) return;
  const branch = ref.slice('refs/heads/'.length);
  baseMoved?.(repository.id, branch);
  actions?.pushed(repository.id, branch, after);
}
