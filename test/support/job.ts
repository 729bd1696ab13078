import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decide } from '../../src/action/decide.ts';
import type { RunInputs } from '../../src/action/inputs.ts';
import type { Job } from '../../src/action/job.ts';
import { homeOf } from '../../src/action/open.ts';
import type { Story } from '../../src/action/outputs.ts';
import { endJob } from '../../src/action/post.ts';
import { runTask } from '../../src/action/run.ts';
import type { Issue, Permissions } from '../../src/simulator/model.ts';
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts';
import { GOOD_AGENT, REPOSITORY, repositoryOf } from './app.ts';
import { temporaryDirectory } from './temporary.ts';

/** GitHub's own examples of payloads, by event and action. */
export const EXAMPLES = JSON.parse(
  readFileSync(join(import.meta.dirname, '../fixtures/events/examples.json'), 'utf8'),
) as Record<string, Record<string, object>>;

export const MAY: Permissions = {
  contents: 'write',
  issues: 'write',
  pull_requests: 'write',
  checks: 'write',
  metadata: 'read',
};

interface Given {
  /** The agent's script; else one that does what it should. */
  agent?: string;
  permissions?: Permissions;
  /** Who has started the workflow run. */
  by?: string;
  /** Else a new one. */
  run?: number;
  event?: Job['event'];
  inputs?: Partial<RunInputs>;
  settings?: object;
  cancelled?: AbortSignal;
  /** PATH of the runner. */
  path?: string;
}

export interface TestJobs extends AsyncDisposable {
  github: Simulator;
  /** Does what a workflow run does whose step is the action, its last part included; in this process. */
  run(given: Given): Promise<Story | null>;
  event(key: string, issue: number, by?: string): { name: string; payload: object };
  /** A comment, as the event of a workflow run. */
  commented(issue: number, body: string, by?: string): Promise<Job['event']>;
  issue(title: string): Promise<number>;
  /** Bodies of an issue's comments that are not by people. */
  told(issue: number): string[];
}

/** Jobs on runners of their own, with the simulated GitHub. */
export async function startTestJobs(): Promise<TestJobs> {
  await using stack = new AsyncDisposableStack();
  const github = stack.use(await startSimulator());
  github.addUser('acme', { type: 'Organization' });
  for (const user of ['writer', 'stranger']) github.addUser(user);
  await github.createRepository({ owner: 'acme', name: 'shop', files: { 'README.md': '# Shop\n' } });
  github.addCollaborator(REPOSITORY, 'writer', 'write');
  const installation = github.installApp('acme');
  let runs = 9_000_000_000;

  function tokenWith(permissions: Permissions): string {
    const token = `ghs_job${runs}`;
    const expiresAt = Date.now() + 3600_000;
    github.world.tokens.set(token, {
      kind: 'installation',
      installation,
      repositoryIds: null,
      permissions,
      expiresAt,
    });
    return token;
  }

  function personOf(login: string) {
    const user = [...github.world.users.values()].find(each => each.login === login);
    return { id: user?.id as number, login };
  }

  /** GitHub's example, at this issue or pull request, with the label and the words that ask for something. */
  function event(key: string, number: number, by = 'writer') {
    const example = EXAMPLES[key] as Record<string, object>;
    const { id, full_name } = { id: repositoryOf(github).id, full_name: REPOSITORY };
    const issue = repositoryOf(github).issues.get(number) as Issue;
    const place = { number, title: issue.title, labels: [{ name: 'orch' }], comments: 1 };
    const payload = {
      ...example,
      repository: { ...example.repository, id, full_name, default_branch: 'main' },
      sender: { ...example.sender, ...personOf(by) },
      ...(example.issue && {
        issue: { ...example.issue, ...place, ...(issue.pull && { pull_request: {} }) },
      }),
      ...(example.pull_request && { pull_request: { ...example.pull_request, ...place } }),
      ...(example.label && { label: { name: 'orch' } }),
      ...(example.review && { review: { ...example.review, body: '/orch name it better' } }),
    };
    return { name: key.split('.')[0] as string, payload };
  }

  const owned = stack.move();
  return {
    github,
    async run({ agent = GOOD_AGENT, permissions = MAY, by = 'writer', ...given }) {
      await using temporary = await temporaryDirectory();
      const id = given.run ?? ++runs;
      const settings = join(temporary.path, 'orch.yaml');
      const agents = { good: { command: ['sh', '-c', agent] } };
      const queue = { retry_delay_seconds: 0, stop_grace_seconds: 1 };
      const all = {
        agents,
        sandbox: { kind: 'none', allow_unsandboxed: true },
        task_queue: queue,
        ...given.settings,
      };
      writeFileSync(settings, JSON.stringify(all));
      const job: Job = {
        event: given.event ?? {
          name: 'workflow_dispatch',
          payload: EXAMPLES.workflow_dispatch?.inputs ?? {},
        },
        repository: { fullName: REPOSITORY, id: repositoryOf(github).id, isPublic: false },
        isSelfHosted: true,
        run: { id, attempt: 1, url: `${github.url}/${REPOSITORY}/actions/runs/${id}` },
        actor: personOf(by),
        apiUrl: `${github.url}/api/v3`,
        serverUrl: github.url,
        temporary: temporary.path,
      };
      const inputs: RunInputs = {
        ...{ mode: 'run', task: null, issue: null, options: {}, ...given.inputs },
        ...{ settings, token: tokenWith(permissions) },
      };
      const env = { PATH: given.path ?? process.env.PATH, HOME: temporary.path };
      const asked = decide(inputs, job);
      if (asked === null) return null;
      const signal = given.cancelled ?? new AbortController().signal;
      const story = await runTask(inputs, job, asked, signal, env).finally(() => endJob(inputs, job, env));
      if (existsSync(homeOf(job))) throw new Error('The job has left something on its host');
      return story;
    },
    event,
    async commented(issue, body, by = 'writer') {
      const { id } = await github.comment(REPOSITORY, issue, body, by);
      const { name, payload } = event('issue_comment.created', issue, by);
      const comment = { ...EXAMPLES['issue_comment.created']?.comment, id, body };
      return { name, payload: { ...payload, comment: { ...comment, created_at: new Date().toISOString() } } };
    },
    issue: async title =>
      (await github.openIssue(REPOSITORY, { title, body: 'See there.', user: 'writer' })).number,
    told: issue =>
      [...repositoryOf(github).comments.values()]
        .filter(comment => comment.issueNumber === issue && comment.user.type === 'Bot')
        .map(({ body }) => body),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
