import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { type PullTestsOptions, startPullTests } from '../../src/daemon/pull-tests.ts';
import { silentLog } from '../../src/shared/log.ts';
import { runProgram, tryProgram } from '../../src/shared/program.ts';
import { redactShapes } from '../../src/shared/secrets/secrets.ts';
import type { TestResult } from '../../src/store/pulls.ts';
import { fakeClock } from '../support/clock.ts';
import { memoryStore, NOW, started } from '../support/tasks.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const TOKEN = ['ghp', 'a1B2'.repeat(9)].join('_');

/** A completed task, whose run has left its worktree at the pushed head. */
async function bench() {
  const { path: tree, ...home } = await temporaryDirectory();
  const git = (...args: string[]) => runProgram('git', ['-C', tree, ...args]);
  const as = ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.com'];
  await git('init', '-q');
  await git(...as, 'commit', '-q', '--allow-empty', '-m', 'Start');
  const head = await git('rev-parse', 'HEAD');
  const store = memoryStore();
  const { task, run } = started(store);
  store.runs.update(run, { endedAt: NOW });
  store.tasks.update(task.id, task.epoch, { state: 'completed', pull: 1, pullState: 'open', head });
  store.pulls.put({ task: task.id, title: 'Fix', body: '', draft: false, openedAt: NOW });
  const env = { PATH: process.env.PATH as string };
  const start = (command: string | null, options: Partial<PullTestsOptions> = {}) =>
    startPullTests({
      store,
      clock: fakeClock(NOW),
      log: silentLog(),
      redact: redactShapes,
      commandOf: () => command,
      enclosed: async () => ({ tree, env, words: (program, args) => [program, [...args]] }),
      ...options,
    });
  const result = () => store.pulls.get(task.id)?.tests ?? null;
  return {
    tree,
    head,
    store,
    run,
    start,
    result,
    /** What tests by this command come to. */
    async resultOf(command: string, options: Partial<PullTestsOptions> = {}): Promise<TestResult> {
      const tests = start(command, options);
      await vi.waitFor(() => expect(result()).not.toBeNull(), { timeout: 15_000 });
      await tests.stop();
      return result() as TestResult;
    },
    async [Symbol.asyncDispose]() {
      store[Symbol.dispose]();
      await home[Symbol.asyncDispose]();
    },
  };
}

describe('the tests of a local pull request', () => {
  it('are run on the pushed head, and what they came to is told once', async () => {
    await using b = await bench();
    expect(await b.resultOf('echo fine; echo well >&2')).toEqual({
      command: 'echo fine; echo well >&2',
      commit: b.head,
      verdict: 'passed',
      reason: null,
      exitCode: 0,
      seconds: 0,
      output: 'fine\nwell',
    });
    const told = () => b.store.journal.ofTask(1).filter(({ type }) => type === 'pull:tested');
    expect(told()).toMatchObject([{ data: { verdict: 'passed', reason: null } }]);
    await b.start('exit 1').stop();
    expect(told()).toHaveLength(1);
  });

  it('that fail keep the end of what they printed, without control characters and secrets', async () => {
    await using b = await bench();
    const noise = 'yes noise | head -c 3000000';
    const last = `printf 'token ${TOKEN} \\033[31mred\\033[0m\\n'`;
    const { output, ...result } = await b.resultOf(`${noise}; ${last}; exit 3`);
    expect(result).toMatchObject({ verdict: 'failed', reason: 'exit code 3', exitCode: 3 });
    expect(output).toMatch(/^(noise\n|e\n|oise\n|ise\n|se\n)(noise\n)+token \[redacted\] red$/);
    expect(Buffer.byteLength(output)).toBeLessThanOrEqual(4096);
  });

  it('that take too long are ended, with all that they started', async () => {
    await using b = await bench();
    const command = 'echo begun; sleep 600 & echo $! > .git/behind; sleep 600';
    expect(await b.resultOf(command, { timeout: 300 })).toMatchObject({
      verdict: 'failed',
      reason: 'took longer than 0.3 s',
      exitCode: null,
      output: 'begun',
    });
    const behind = readFileSync(join(b.tree, '.git', 'behind'), 'utf8').trim();
    const state = async () => (await tryProgram('ps', ['-o', 'stat=', '-p', behind])).stdout;
    // Who is dead may still wait for somebody to hear of it.
    await vi.waitFor(async () => expect(await state()).toMatch(/^(Z.*)?$/), { timeout: 15_000 });
  });

  it('are not run where the workspace holds something else, or is gone', async () => {
    await using b = await bench();
    writeFileSync(join(b.tree, 'left.txt'), '');
    expect(await b.resultOf('touch ran')).toMatchObject({
      verdict: 'not_run',
      reason: 'changes in its workspace are not committed: left.txt',
    });
    await using other = await bench();
    other.store.tasks.update(1, other.store.tasks.get(1)?.epoch as number, { head: 'f'.repeat(40) });
    expect(await other.resultOf('touch ran')).toMatchObject({
      verdict: 'not_run',
      reason: 'another commit than the pushed one is checked out in its workspace',
    });
    expect(existsSync(join(b.tree, 'ran')) || existsSync(join(other.tree, 'ran'))).toBe(false);
    await using cleaned = await bench();
    cleaned.store.runs.cleaned(cleaned.run, NOW);
    expect(await cleaned.resultOf('true')).toMatchObject({
      verdict: 'not_run',
      reason: 'its workspace is gone',
    });
  });

  it('that were interrupted by a stop are run again after the next start', async () => {
    await using b = await bench();
    const ignored = join(b.tree, '.git', 'begun');
    const tests = b.start(`touch ${ignored}; sleep 600`);
    await vi.waitFor(() => expect(existsSync(ignored)).toBe(true), { timeout: 15_000 });
    await tests.stop();
    expect(b.result()).toBeNull();
    expect(await b.resultOf('true')).toMatchObject({ verdict: 'passed' });
  });

  it('are none where no command is set', async () => {
    await using b = await bench();
    const tests = b.start(null);
    b.store.journal.append(NOW, 1, 'task:queued', {});
    await tests.stop();
    expect(b.result()).toBeNull();
  });
});
