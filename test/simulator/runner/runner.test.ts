import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { JobRecord } from '../../../src/simulator/runner/run-job.ts';
import { type Runner, startRunner } from '../../../src/simulator/runner/runner.ts';
import type { Job, Report, RunnerSide } from '../../../src/simulator/workflows/job.ts';
import type { StepDefinition } from '../../../src/simulator/workflows/workflow-file.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../../support/temporary.ts';

const PROBE = join(import.meta.dirname, '../../fixtures/actions/probe');
const folder: TemporaryDirectory = await temporaryDirectory();
afterAll(() => folder[Symbol.asyncDispose]());

let id = 0;
const probe = (main: string, more: Record<string, string> = {}): StepDefinition => ({
  name: 'probe',
  env: {},
  uses: 'acme/probe@v1',
  with: { main, ...more },
});
const script = (run: string, condition = ''): StepDefinition => ({
  name: 'script',
  if: condition,
  env: {},
  with: {},
  run,
});

/** One runner and one job; `ended` is null when the runner is lost. */
function begin(
  steps: StepDefinition[],
  options: Partial<Job> & { patience?: { interrupt: number; terminate: number } } = {},
) {
  const cancel = new AbortController();
  id += 1;
  const job: Job = {
    id,
    key: 'task',
    run: { id: 9_000_000_001, number: 3, attempt: 2 },
    repository: { id: 77, fullName: 'acme/shop', ownerId: 5 },
    workflow: 'Orch',
    workflowRef: 'acme/shop/.github/workflows/orch.yml@refs/heads/main',
    event: {
      name: 'issue_comment',
      payload: { action: 'created', comment: { body: '$(touch /tmp/never)' } },
    },
    sha: 'a'.repeat(40),
    ref: 'refs/heads/main',
    actor: { id: 6, login: 'olga' },
    triggeringActor: { id: 6, login: 'olga' },
    token: 'ghs_secret1',
    env: {},
    steps,
    contexts: { github: { token: 'ghs_secret1' }, inputs: { colour: 'blue' } },
    cancelled: cancel.signal,
    ...options,
  };
  const queue = [job];
  const reports: Report[] = [];
  const side: RunnerSide = {
    take: () => queue.shift() ?? null,
    onQueued: () => ({ [Symbol.dispose]() {} }),
    report: (_, report) => reports.push(report),
  };
  const { promise: ended, resolve } = Promise.withResolvers<JobRecord>();
  const runner: Runner = startRunner({
    name: 'runner-1',
    labels: ['self-hosted'],
    side,
    githubUrl: 'http://127.0.0.1:1',
    directory: join(folder.path, 'runner'),
    actions: { 'acme/probe': PROBE },
    environment: { PATH: process.env.PATH ?? '', HOME: folder.path },
    ended: resolve,
    ...(options.patience ? { patience: options.patience } : {}),
  });
  return { runner, reports, ended, cancel: () => cancel.abort() };
}

async function play(steps: StepDefinition[], options: Partial<Job> = {}): Promise<JobRecord> {
  const { runner, ended } = begin(steps, options);
  await using _ = runner;
  return await ended;
}
/** An expression of a workflow. */
const $ = (expression: string) => `$\{{ ${expression} }}`;
const logOf = (record: JobRecord) => record.steps.flatMap(({ lines }) => lines).join('\n');
/** Resolves when the file is there. */
const there = (file: string) => expect.poll(() => existsSync(file)).toBe(true);

describe("a step's environment", () => {
  it('is what GitHub says of the job, the inputs, and nothing of the process that the runner is in', async () => {
    process.env.ORCH_TEST_INHERITED = 'yes';
    const step = probe('console.log(JSON.stringify(env))', { 'two words': 'x y' });
    const record = await play([{ ...step, env: { GITHUB_REPOSITORY: 'eve/shop' } }]);
    delete process.env.ORCH_TEST_INHERITED;
    const env = JSON.parse(record.steps[0]?.lines[0] ?? '');
    const temporary = join(folder.path, 'runner/_work/_temp');
    expect(env).toMatchObject({
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      GITHUB_API_URL: 'http://127.0.0.1:1/api/v3',
      GITHUB_EVENT_NAME: 'issue_comment',
      GITHUB_EVENT_PATH: join(temporary, '_github_workflow/event.json'),
      GITHUB_REPOSITORY: 'acme/shop',
      GITHUB_RUN_ATTEMPT: '2',
      GITHUB_RUN_ID: '9000000001',
      INPUT_TOKEN: '***',
      INPUT_TWO_WORDS: 'x y',
      RUNNER_ENVIRONMENT: 'self-hosted',
      RUNNER_TEMP: temporary,
      RUNNER_TRACKING_ID: expect.stringMatching(/^github_/),
    });
    expect(env).not.toHaveProperty('ORCH_TEST_INHERITED');
    expect(env).not.toHaveProperty('VITEST');
  });

  it('has the event in a file, and an empty temporary folder', async () => {
    const steps = [script('cat "$GITHUB_EVENT_PATH"; ls "$RUNNER_TEMP"; touch "$RUNNER_TEMP/left"')];
    await play(steps);
    expect(readdirSync(join(folder.path, 'runner/_work/_temp'))).toEqual([]);
    const record = await play(steps);
    expect(logOf(record)).toContain('"body": "$(touch /tmp/never)"');
    expect(logOf(record)).not.toContain('left');
  });

  it('grows by what earlier steps write, but not by NODE_OPTIONS', async () => {
    const record = await play([
      script('echo "COLOUR<<END\nred\nblue\nEND" >> "$GITHUB_ENV"; echo /extra/bin >> "$GITHUB_PATH"'),
      script('echo "$COLOUR $PATH"'),
      script('echo NODE_OPTIONS=--require=x.js >> "$GITHUB_ENV"'),
    ]);
    expect(record.steps[1]?.lines.slice(0, 2)).toEqual(['red', expect.stringMatching(/^blue \/extra\/bin:/)]);
    expect(record.steps[2]).toMatchObject({ conclusion: 'failure' });
  });
});

describe('what a step tells', () => {
  it('is outputs, a summary, and state for afterwards', async () => {
    const record = await play([
      probe(
        `write('OUTPUT', 'task<<X\\nT1\\nX'); write('STEP_SUMMARY', '# Done'); write('STATE', 'kept=this')`,
        { after: 'console.log(env.STATE_kept)' },
      ),
    ]);
    expect(record.steps).toMatchObject([
      { outputs: { task: 'T1' }, summary: '# Done\n' },
      { name: 'Post probe', lines: ['this'], conclusion: 'success' },
    ]);
  });

  it('is annotations, of which GitHub keeps ten of a level and 4,096 characters each', async () => {
    const many = `for (let i = 0; i < 12; i++) console.log('::warning::' + i)`;
    const record = await play([
      probe(`console.log('::error file=a.js,line=3,title=Oh%2C no::It is%0Awrong');
        console.log('::notice::' + 'x'.repeat(5000)); ${many}`),
    ]);
    const [error, notice, ...warnings] = record.steps[0]?.annotations ?? [];
    expect(error).toMatchObject({
      path: 'a.js',
      start_line: 3,
      annotation_level: 'failure',
      title: 'Oh, no',
      message: 'It is\nwrong',
    });
    expect(notice).toMatchObject({ path: '.github', annotation_level: 'notice' });
    expect(notice?.message).toHaveLength(4096);
    expect(warnings).toHaveLength(10);
    expect(record.conclusion).toBe('success');
  });

  it('hides the job token and what is masked, in log, annotations and summary', async () => {
    const record = await play([
      probe(`console.log('::add-mask::hush%0Asecond'); console.log('hush, second ' + env.INPUT_TOKEN);
        console.log('::error::hush'); write('STEP_SUMMARY', 'hush')`),
    ]);
    const [step] = record.steps;
    expect(step?.lines).toEqual(['***, *** ***', '##[error]***']);
    expect(step).toMatchObject({ annotations: [{ message: '***' }], summary: '***\n' });
  });

  it('is no command while commands are stopped, nor one that is no more allowed', async () => {
    const record = await play([
      probe(`console.log('::stop-commands::now'); console.log('::error::seen');
        console.log('::now::'); console.log('::group::A'); console.log('::set-env name=A::b')`),
    ]);
    expect(record.steps[0]?.lines.slice(0, 2)).toEqual(['::error::seen', '##[group]A']);
    expect(record.conclusion).toBe('failure');
  });
});

describe('a job', () => {
  it('goes on after a failure only with the steps that want that, and with what is done afterwards, last one first', async () => {
    const record = await play([
      probe('', { after: `console.log('first')` }),
      probe('process.exit(3)', { after: `console.log('second')` }),
      script('echo never'),
      script('echo always', 'always()'),
      script('echo failed', 'failure()'),
      probe('', { after: `console.log('never')` }),
    ]);
    expect(record.steps.map(({ conclusion }) => conclusion)).toEqual([
      ...['success', 'failure', 'skipped', 'success', 'success', 'skipped'],
      ...['success', 'success'],
    ]);
    expect(logOf(record)).toBe('always\nfailed\nsecond\nfirst');
    expect(record.conclusion).toBe('failure');
  });

  it('evaluates what steps say when their turn comes', async () => {
    const record = await play([
      { ...probe(`write('OUTPUT', 'task=T1')`), id: 'orch' },
      {
        ...script(`echo ${$('steps.orch.outputs.task')} ${$('inputs.colour')} ${$('env.SHAPE')}`),
        env: { SHAPE: 'round' },
      },
      script(`echo ${$('steps.orch.outcome')}`, "steps.orch.outputs.task == 'T1'"),
      script(`echo ${$('oops(')}`),
    ]);
    expect(record.steps.slice(1, 3).map(({ lines }) => lines)).toEqual([['T1 blue round'], ['success']]);
    expect(record.steps[3]).toMatchObject({ conclusion: 'failure' });
  });

  it('fails when an action is not there', async () => {
    const record = await play([{ ...probe(''), uses: 'acme/nothing@v1' }]);
    expect(record.conclusion).toBe('failure');
    expect(logOf(record)).toContain('Unable to resolve action `acme/nothing@v1`');
  });

  it('leaves nothing running, except what has left its tracking', async () => {
    const pids = join(folder.path, 'pids');
    const record = await play([
      probe(`const stay = more => spawn('sleep', ['300'], { detached: true, stdio: 'ignore', env: { ...env, ...more } });
        const [orphan, daemon] = [stay({}), stay({ RUNNER_TRACKING_ID: '' })];
        for (const child of [orphan, daemon]) child.unref();
        writeFileSync('${pids}', orphan.pid + ' ' + daemon.pid);`),
    ]);
    const [orphan, daemon] = readFileSync(pids, 'utf8').split(' ').map(Number) as [number, number];
    expect(record.conclusion).toBe('success');
    await expect.poll(() => isAlive(orphan)).toBe(false);
    expect(isAlive(daemon)).toBe(true);
    process.kill(daemon, 'SIGKILL');
  });
});

describe('a cancelled job', () => {
  const ready = join(folder.path, 'ready');
  beforeEach(async () => (await import('node:fs')).rmSync(ready, { force: true }));
  const wait = `writeFileSync('${ready}', ''); setInterval(() => {}, 1000); await new Promise(() => {})`;

  it('interrupts its step, and does what is to be done afterwards', async () => {
    const { runner, ended, cancel } = begin([
      probe(`process.on('SIGINT', () => { console.log('interrupted'); process.exit(0) }); ${wait}`, {
        after: `console.log('after')`,
      }),
      script('echo never'),
    ]);
    await using _ = runner;
    await there(ready);
    cancel();
    const record = await ended;
    expect(record.conclusion).toBe('cancelled');
    expect(record.steps.map(({ conclusion }) => conclusion)).toEqual(['cancelled', 'skipped', 'success']);
    expect(logOf(record)).toBe('interrupted\n##[error]The operation was canceled.\nafter');
  });

  it('terminates a step that does not end, and then kills it', async () => {
    const say = (signal: string) => `process.on('${signal}', () => console.log('${signal}'));`;
    const { runner, ended, cancel } = begin([probe(`${say('SIGINT')} ${say('SIGTERM')} ${wait}`)], {
      patience: { interrupt: 50, terminate: 50 },
    });
    await using _ = runner;
    await there(ready);
    cancel();
    expect((await ended).steps[0]?.lines.slice(0, 2)).toEqual(['SIGINT', 'SIGTERM']);
  });
});

it('is lost with all that it does, and GitHub notices', async () => {
  const started = join(folder.path, 'started');
  const { runner, reports } = begin([
    probe(`const child = spawn('sleep', ['300'], { detached: true, stdio: 'ignore' });
      writeFileSync('${started}', String(child.pid)); await new Promise(() => setInterval(() => {}, 1000))`),
    script('echo never', 'always()'),
  ]);
  await there(started);
  await runner.lose();
  await expect.poll(() => isAlive(Number(readFileSync(started, 'utf8')))).toBe(false);
  expect(reports.at(-1)).toMatchObject({ status: 'completed', conclusion: 'failure' });
  expect(reports.at(-1)?.annotations[0]?.message).toContain('runner-1 lost communication with the server');
  expect(reports.filter(({ step }) => step)).toHaveLength(1);
});

function isAlive(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.[0] !== 'Z';
  } catch {
    return false;
  }
}
