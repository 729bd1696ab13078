import { describe, expect, it } from 'vitest';
import { openWorkflow } from '../../../src/engine/actions/workflow.ts';
import type { Github } from '../../../src/github/client.ts';
import { PLACE } from '../../support/actions.ts';

interface Asked {
  route: string;
  parameters: Record<string, unknown>;
}

/** GitHub with these answers by route; anything else is an error with a status. */
function answering(answers: Record<string, (asked: Asked['parameters']) => unknown>) {
  const asked: Asked[] = [];
  const octokit = {
    async request(route: string, parameters: Asked['parameters']) {
      asked.push({ route, parameters });
      const answer = answers[route];
      if (!answer) throw refusal(404, 'Not Found');
      return { data: answer(parameters) };
    },
  };
  const github = { octokit: async () => octokit, identity: async () => ({ login: 'orch[bot]' }) };
  const workflow = openWorkflow({ github: github as unknown as Github, file: 'orch.yml', ref: null });
  return { asked, workflow };
}

function refusal(status: number, message: string): Error {
  return Object.assign(new Error(message), { status, response: { headers: {}, data: { message } } });
}

const DISPATCH = 'POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches';
const RUN = 'GET /repos/{owner}/{repo}/actions/runs/{run_id}';
const ANNOTATIONS = 'GET /repos/{owner}/{repo}/check-runs/{check_run_id}/annotations';
const INPUTS = { run: 'T1.1', order: '{}' };

describe('a dispatch', () => {
  it('is sent once, and names the run that it started', async () => {
    const { asked, workflow } = answering({
      [DISPATCH]: () => ({ workflow_run_id: 8, html_url: 'https://x/8' }),
    });
    expect(await workflow.dispatch(PLACE, 'main', INPUTS)).toEqual({ id: 8, url: 'https://x/8' });
    expect(asked).toMatchObject([
      { parameters: { ref: 'main', inputs: INPUTS, workflow_id: 'orch.yml', request: { retries: 0 } } },
    ]);
  });

  it('asks for no name where GitHub is older, and then has none', async () => {
    const { asked, workflow } = answering({
      [DISPATCH](parameters) {
        if ('return_run_details' in parameters)
          throw refusal(422, 'Invalid request.\n\n"return_run_details" is not a permitted key.');
        return undefined;
      },
    });
    expect(await workflow.dispatch(PLACE, 'main', INPUTS)).toBeNull();
    expect(asked).toHaveLength(2);
  });

  it('that GitHub refuses says why, and that nothing was started', async () => {
    const { workflow } = answering({
      [DISPATCH]() {
        throw refusal(422, "Workflow does not have 'workflow_dispatch' trigger");
      },
    });
    await expect(workflow.dispatch(PLACE, 'main', INPUTS)).rejects.toMatchObject({
      code: 'E_WORKFLOW',
      message: expect.stringContaining("does not have 'workflow_dispatch' trigger"),
    });
  });

  it('that breaks is no refusal: something may have come of it', async () => {
    const { workflow } = answering({
      [DISPATCH]() {
        throw refusal(502, 'Bad Gateway');
      },
    });
    await expect(workflow.dispatch(PLACE, 'main', INPUTS)).rejects.toMatchObject({ status: 502 });
  });
});

describe('a workflow run', () => {
  it('is gone where the repository is there, and unknown where nobody can see that', async () => {
    const repository = { 'GET /repos/{owner}/{repo}': () => ({ default_branch: 'main' }) };
    expect(await answering(repository).workflow.get(PLACE, 8)).toBeNull();
    await expect(answering({}).workflow.get(PLACE, 8)).rejects.toMatchObject({ status: 404 });
  });

  it('has told nothing that GitHub does not let us read', async () => {
    const jobs = { startedAt: null, runner: null, checkRuns: [1, 2] };
    const { workflow } = answering({
      [ANNOTATIONS]({ check_run_id }) {
        if (check_run_id === 1) throw refusal(403, 'Resource not accessible by integration');
        return [{ title: 'Orch result', message: '{}', annotation_level: 'notice' }];
      },
    });
    expect(await workflow.annotations(PLACE, jobs)).toEqual([
      { title: 'Orch result', message: '{}', level: 'notice' },
    ]);
  });

  it('began with the first of its jobs that a runner took', async () => {
    const job = (id: number, status: string, started_at: string, runner_name: string | null) => {
      const check_run_url = `https://api.github.com/repos/acme/shop/check-runs/${id}`;
      return { id, status, started_at, runner_name, check_run_url };
    };
    const { workflow } = answering({
      [`${RUN}/jobs`]: () => ({
        jobs: [
          job(1, 'queued', '2026-01-01T00:00:00Z', null),
          job(2, 'in_progress', '2026-01-01T00:02:00Z', 'second'),
          job(3, 'completed', '2026-01-01T00:01:00Z', 'first'),
        ],
      }),
    });
    expect(await workflow.jobs(PLACE, 8)).toEqual({
      startedAt: Date.parse('2026-01-01T00:01:00Z'),
      runner: 'first',
      checkRuns: [1, 2, 3],
    });
  });

  it('that is over already is not a failure to cancel', async () => {
    const { workflow } = answering({
      [`POST${RUN.slice(3)}/cancel`]() {
        throw refusal(409, 'Cannot cancel a workflow run that is completed.');
      },
    });
    await workflow.cancel(PLACE, 8, false);
  });
});
