import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, expect, it, vi } from 'vitest';
import { stringify } from 'yaml';
import { executeOrder } from '../../src/action/execute.ts';
import type { Job } from '../../src/action/job.ts';
import { type Order, writeOrder } from '../../src/engine/actions/order.ts';
import { readResult } from '../../src/engine/actions/result.ts';
import { GOOD_AGENT } from '../support/app.ts';
import { testGitHub } from '../support/github.ts';
import { anOrder } from '../support/order.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** A runner's temporary folder, and a job there that has the token of the App. */
async function testJob(agents: Record<string, string>) {
  await using stack = new AsyncDisposableStack();
  const github = stack.use(await testGitHub());
  const temporary = stack.use(await temporaryDirectory()).path;
  const { simulator } = github;
  await simulator.openIssue('acme/shop', { title: 'It breaks', body: '', user: 'ada' });
  const [installation] = simulator.world.installations.keys();
  const { body } = await github.app('POST', `/app/installations/${installation}/access_tokens`);
  const repository = [...simulator.world.repositories.values()][0];
  const { default_branch } = (await github.as('ada')('GET', '/repos/acme/shop')).body;
  const { object } = (await github.as('ada')('GET', `/repos/acme/shop/git/ref/heads/${default_branch}`)).body;
  const settings = join(temporary, 'orch.yaml');
  const profiles = Object.entries(agents).map(([name, script]) => [name, { command: ['sh', '-c', script] }]);
  const file = {
    agents: Object.fromEntries(profiles),
    sandbox: { kind: 'none', allow_unsandboxed: true },
    task_queue: { stop_grace_seconds: 1 },
  };
  await writeFile(settings, stringify(file));
  const { slug } = simulator.world.app;
  const job: Job = {
    event: { name: 'workflow_dispatch', payload: { sender: { login: `${slug}[bot]`, type: 'Bot' } } },
    repository: { fullName: 'acme/shop', id: repository?.id ?? 0, isPublic: false },
    run: { id: 9, attempt: 1, url: '' },
    actor: { login: `${slug}[bot]`, id: 1 },
    apiUrl: `${simulator.url}/api/v3`,
    serverUrl: simulator.url,
    temporary,
    isSelfHosted: true,
  };
  const open = stack.move();
  const ada = simulator.world.users.get('ada')?.id ?? 0;
  return {
    github,
    job,
    /** An order for the repository of this job. */
    order(task: Parameters<typeof anOrder>[0] = {}, rest: Parameters<typeof anOrder>[1] = {}) {
      const here = { repositoryId: job.repository.id, requester: 'ada', requesterId: ada, issue: 1 };
      const run = { ...anOrder().run, agent: 'good' };
      return writeOrder(anOrder({ ...here, baseSha: object.sha, ...task }, { run, ...rest })).order;
    },
    inputs: (order: string) => ({ mode: 'execute' as const, order, settings, token: body.token }),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

/** Has a commit, and ends when it is stopped. */
const WAITING = 'echo half > half.txt && git add . && git commit -qm Half && touch ../begun && sleep 600';
const begun = ({ temporary }: Job) => join(temporary, 'orch', 'workspaces', 'T42.2', 'begun');

/** What this process prints, as notices of the job. */
function notices() {
  const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  return () => noticesIn(written.mock.calls.map(([line]) => String(line)).join(''));
}

/** What a runner makes of the lines that the job prints. */
function noticesIn(output: string) {
  const found = output.matchAll(/^::notice title=(.*?)::(.*)$/gm);
  return [...found].map(([, title = '', message = '']) => ({
    title,
    message: message.replaceAll('%25', '%'),
  }));
}

afterEach(() => void vi.restoreAllMocks());

it('hands over what the runs before have come to, on whatever host that was', async () => {
  const reading = 'cat ../../../runs/T42.3/prompt.md > told.md; git log --format=%s >> told.md; git add .';
  const agent = `${reading}; git commit -qm Second && ${GOOD_AGENT}`;
  await using test = await testJob({ good: agent });
  const { simulator } = test.github;
  const branch = 'orch/T42-fix-the-failing-test';
  const head = await simulator.pushCommit('acme/shop', branch, { 'a.txt': 'a\n' }, 'ada', 'First');
  const rescued = 'refs/orch/rescue/T42.2';
  const sha = await simulator.pushCommit('acme/shop', 'left', { 'left.txt': 'half\n' }, 'ada', 'Half');
  await test.github.as('ada')('POST', '/repos/acme/shop/git/refs', { ref: rescued, sha });
  const [first] = anOrder().earlier;
  const earlier = [first, { ...first, number: 2, lastWords: 'I go on', rescued }] as Order['earlier'];
  const order = test.order({ head }, { earlier, run: { ...anOrder().run, number: 3, agent: 'good' } });
  const told = notices();
  const story = await executeOrder(test.inputs(order), test.job, new AbortController().signal, process.env);
  expect(story).toMatchObject({ id: 'T42', status: 'completed', branch });
  expect(readResult('T42.3', told())).toMatchObject({
    outcome: 'succeeded',
    done: true,
    pull: story.pull_request?.number,
    head: story.head,
  });
  const { body } = await test.github.as('ada')('GET', `/repos/acme/shop/contents/told.md?ref=${branch}`);
  const prompt = Buffer.from(body.content, 'base64').toString();
  expect(prompt).toContain('the agent was killed from outside');
  expect(prompt).toContain('I go on');
  expect(prompt).toContain('First');
  const left = await test.github.as('ada')('GET', `/repos/acme/shop/contents/left.txt?ref=${branch}`);
  expect(Buffer.from(left.body.content, 'base64').toString()).toBe('half\n');
});

it('brings to its end in the last step of the job what its first process had to leave', async () => {
  await using test = await testJob({ good: WAITING });
  const main = await step(test, {});
  await vi.waitFor(() => expect(existsSync(begun(test.job))).toBe(true), { timeout: 15_000 });
  main.child.kill('SIGKILL');
  await main.over;
  const post = await step(test, await stateOf(test.job));
  const told = noticesIn(await post.over);
  const rescued = 'refs/orch/rescue/T42.2';
  expect(readResult('T42.2', told)).toMatchObject({ outcome: 'cancelled', rescued });
  expect(existsSync(join(test.job.temporary, 'orch'))).toBe(false);
});

/** What the first process has saved for the last one. */
async function stateOf({ temporary }: Job): Promise<Record<string, string>> {
  const saved = (await readFile(join(temporary, 'state'), 'utf8')).matchAll(/^(\w+)<<(\S+)\n(.*?)\n\2$/gms);
  return Object.fromEntries([...saved].map(([, name, , value = '']) => [`STATE_${name}`, value]));
}

/** The action as a runner starts it. */
async function step(test: Awaited<ReturnType<typeof testJob>>, state: Record<string, string>) {
  const { job } = test;
  const file = join(job.temporary, 'event.json');
  await writeFile(file, JSON.stringify(job.event.payload));
  await writeFile(join(job.temporary, 'state'), '');
  const { order, settings, token } = test.inputs(test.order());
  const env = {
    ...{ PATH: process.env.PATH, HOME: process.env.HOME },
    ...{ INPUT_MODE: 'execute', INPUT_ORDER: order, INPUT_SETTINGS: settings, INPUT_TOKEN: token },
    GITHUB_EVENT_NAME: job.event.name,
    GITHUB_EVENT_PATH: file,
    GITHUB_REPOSITORY: job.repository.fullName,
    GITHUB_REPOSITORY_ID: String(job.repository.id),
    GITHUB_RUN_ID: String(job.run.id),
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_ACTOR: job.actor.login,
    GITHUB_ACTOR_ID: String(job.actor.id),
    GITHUB_API_URL: job.apiUrl,
    GITHUB_SERVER_URL: job.serverUrl,
    GITHUB_STATE: join(job.temporary, 'state'),
    RUNNER_TEMP: job.temporary,
    ...state,
  };
  const child = spawn(process.execPath, ['src/action/main.ts'], { env });
  return { child, over: text(child.stdout) };
}

it('tells the App why it could not begin', async () => {
  await using test = await testJob({ other: GOOD_AGENT });
  const told = notices();
  const execute = (changes: Partial<Job> = {}) => {
    const job = { ...test.job, ...changes };
    return executeOrder(test.inputs(test.order()), job, new AbortController().signal, process.env);
  };
  const again = { ...test.job.run, attempt: 2 };
  await expect(execute({ run: again })).rejects.toThrow('An order is carried out once');
  const byPerson = { name: 'workflow_dispatch', payload: { sender: { login: 'ada', type: 'User' } } };
  await expect(execute({ event: byPerson })).rejects.toThrow('An order comes from the App');
  const asked = execute();
  await expect(asked).rejects.toThrow(expect.objectContaining({ code: 'E_UNKNOWN_AGENT' }));
  const reason = expect.stringContaining('There is no agent `good` on this runner');
  expect(readResult('T42.2', told())).toMatchObject({ outcome: 'crashed', permanent: false, reason });
});
