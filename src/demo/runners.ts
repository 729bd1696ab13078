import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { OrchError } from '../shared/errors.ts';
import type { JobRecord } from '../simulator/runner/run-job.ts';
import { startRunner } from '../simulator/runner/runner.ts';
import type { WorkflowRun } from '../simulator/workflows/run.ts';
import { demoSettings } from './app.ts';
import type { Scene } from './play.ts';
import { REPOSITORY, WRITER } from './seed.ts';
import { ACTION, WORKFLOW_FILE } from './workflows.ts';

/** Commits the workflow, and starts self-hosted runners that have the demo's agents. Errors: E_MISSING_PROGRAM. */
export async function startRunners(
  { github, home, agents, sandbox }: Scene,
  workflow: string,
  count: number,
  heard: { ended?: (record: JobRecord) => void; said?: (line: string) => void } = {},
): Promise<AsyncDisposable> {
  const actions = { [ACTION]: findAction() };
  await github.pushCommit(REPOSITORY, 'main', { [WORKFLOW_FILE]: workflow }, WRITER, 'Add a workflow');
  await using stack = new AsyncDisposableStack();
  for (let number = 1; number <= count; number += 1) {
    const directory = join(home, `r${number}`);
    mkdirSync(directory);
    const config = join(directory, 'orch.yaml');
    writeFileSync(config, stringify(demoSettings({ agents, sandbox })), { mode: 0o600 });
    const runner = startRunner({
      name: `runner-${number}`,
      labels: ['self-hosted', 'orch'],
      side: github.workflows.runnerSide,
      githubUrl: github.url,
      directory,
      actions,
      environment: { ...ownEnvironment(), ORCH_CONFIG: config },
      ...heard,
    });
    stack.use(runner);
  }
  return stack.move();
}

/** Runs of the demo's workflow, oldest first. */
export function workflowRuns({ github }: Pick<Scene, 'github'>): WorkflowRun[] {
  return [...github.workflows.runs.values()].filter(({ workflow }) => workflow.path === WORKFLOW_FILE);
}

/** In a checkout it has to be built; the package brings it. */
function findAction(): string {
  const action = join(import.meta.dirname, '..', '..', 'action');
  if (existsSync(join(action, 'dist', 'index.js'))) return action;
  throw new OrchError('E_MISSING_PROGRAM', 'The Action is not built', {
    remedy: 'Build it with: npm run build:action',
  });
}

/** What a runner that somebody starts in this terminal has: agents find their logins by it. */
function ownEnvironment(): Record<string, string> {
  const { ORCH_HOME: _, ...own } = process.env;
  return Object.fromEntries(
    Object.entries(own).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
