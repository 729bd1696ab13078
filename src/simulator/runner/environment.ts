import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Job } from '../workflows/job.ts';

/** The runner's folders for one job, as they are below `_work`. */
export interface Folders {
  workspace: string;
  /** Emptied before and after each job. */
  temporary: string;
  tools: string;
  /** Where the job's actions are copied to. */
  actions: string;
}

/** Makes them: what an earlier job left in the workspace stays, as it does on a self-hosted runner. */
export function makeFolders(directory: string, job: Job): Folders {
  const work = join(directory, '_work');
  const repository = job.repository.fullName.split('/')[1] as string;
  const folders = {
    workspace: join(work, repository, repository),
    temporary: join(work, '_temp'),
    tools: join(work, '_tool'),
    actions: join(work, '_actions'),
  };
  for (const folder of [folders.temporary, folders.actions]) rmSync(folder, { recursive: true, force: true });
  for (const folder of Object.values(folders)) mkdirSync(folder, { recursive: true });
  return folders;
}

const OS: Partial<Record<NodeJS.Platform, string>> = { linux: 'Linux', darwin: 'macOS' };

/** What every step of a job sees of it; the event is in a file. */
export function jobEnvironment(
  job: Job,
  folders: Folders,
  runner: { name: string; githubUrl: string },
): Record<string, string> {
  const { run, repository, event, actor } = job;
  const eventFile = join(folders.temporary, '_github_workflow', 'event.json');
  mkdirSync(join(eventFile, '..'), { recursive: true });
  writeFileSync(eventFile, JSON.stringify(event.payload, null, 2));
  return {
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_ACTOR: actor.login,
    GITHUB_ACTOR_ID: String(actor.id),
    GITHUB_API_URL: `${runner.githubUrl}/api/v3`,
    GITHUB_BASE_REF: '',
    GITHUB_EVENT_NAME: event.name,
    GITHUB_EVENT_PATH: eventFile,
    GITHUB_GRAPHQL_URL: `${runner.githubUrl}/api/graphql`,
    GITHUB_HEAD_REF: '',
    GITHUB_JOB: job.key,
    GITHUB_REF: job.ref,
    GITHUB_REF_NAME: job.ref.replace(/^refs\/(heads|tags|pull)\//, ''),
    GITHUB_REF_TYPE: job.ref.startsWith('refs/tags/') ? 'tag' : 'branch',
    GITHUB_REPOSITORY: repository.fullName,
    GITHUB_REPOSITORY_ID: String(repository.id),
    GITHUB_REPOSITORY_OWNER: repository.fullName.split('/')[0] as string,
    GITHUB_REPOSITORY_OWNER_ID: String(repository.ownerId),
    GITHUB_RETENTION_DAYS: '90',
    GITHUB_RUN_ATTEMPT: String(run.attempt),
    GITHUB_RUN_ID: String(run.id),
    GITHUB_RUN_NUMBER: String(run.number),
    GITHUB_SERVER_URL: runner.githubUrl,
    GITHUB_SHA: job.sha,
    GITHUB_TRIGGERING_ACTOR: job.triggeringActor.login,
    GITHUB_WORKFLOW: job.workflow,
    GITHUB_WORKFLOW_REF: job.workflowRef,
    GITHUB_WORKFLOW_SHA: job.sha,
    GITHUB_WORKSPACE: folders.workspace,
    RUNNER_ARCH: process.arch.toUpperCase(),
    RUNNER_ENVIRONMENT: 'self-hosted',
    RUNNER_NAME: runner.name,
    RUNNER_OS: OS[process.platform] ?? '',
    RUNNER_TEMP: folders.temporary,
    RUNNER_TOOL_CACHE: folders.tools,
    RUNNER_WORKSPACE: join(folders.workspace, '..'),
  };
}
