import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { gh } from '../../../src/cli/worktree/gh.ts';
import { orch } from '../../../src/cli/worktree/orch.ts';
import { type Agent, agentAtWork, bench } from '../../support/workspace.ts';

const URL = 'https://github.com/acme/widget/pull/7';

describe('gh pr create in a worktree', () => {
  it('pushes first, then asks for the pull request and prints its address alone', async () => {
    await using made = await bench();
    await using agent = await agentAtWork(made);
    const sha = await commit(agent, 'Fix it', 'Because.');
    const created = await agent.asAgent('gh', ['pr', 'create', '--fill']);
    expect(created).toMatchObject({ exitCode: 0, stdout: URL });
    expect(await made.server.git('rev-parse', 'refs/heads/orch/T1-fix')).toBe(sha);
    expect(agent.asked).toEqual([{ title: 'Fix it', body: 'Because.', base: null, draft: false }]);
  });

  it('takes title, body, base, head and draft as gh does, bodies that begin with a dash included', async () => {
    await using made = await bench();
    await using agent = await agentAtWork(made);
    await commit(agent, 'Fix it');
    const args = [
      '-t',
      '-1 is not 1',
      '--body',
      '- one\n- two',
      '-B',
      'main',
      '-H',
      'acme:orch/T1-fix',
      '-d',
    ];
    const created = await call(agent, gh, ['-R', 'acme/widget', 'pr', 'create', ...args, '--label=x']);
    expect(created).toMatchObject({ exitCode: 0, stdout: URL });
    expect(created.stderr).toContain('--label is ignored');
    expect(agent.asked).toEqual([{ title: '-1 is not 1', body: '- one\n- two', base: 'main', draft: true }]);
    const again = await call(agent, gh, ['pr', 'create', '-f']);
    expect(again).toMatchObject({
      exitCode: 0,
      stdout: URL,
      stderr: 'The pull request #7 was open already.',
    });
  });

  it('reads the body from a file or from standard input', async () => {
    await using made = await bench();
    await using agent = await agentAtWork(made);
    await commit(agent, 'Fix it');
    await writeFile(join(agent.workspace.tree, 'body.md'), 'From a file\n');
    await call(agent, gh, ['pr', 'create', '-t', 'A', '-F', 'body.md']);
    await call(agent, orch, ['pr', 'create', '-t', 'B', '--body-file', '-'], 'From a pipe\n');
    expect(agent.asked).toMatchObject([
      { title: 'A', body: 'From a file\n' },
      { title: 'B', body: 'From a pipe\n' },
    ]);
  });

  it('makes a title of the branch and a list of the subjects when there are several commits', async () => {
    await using made = await bench();
    await using agent = await agentAtWork(made, 'T1.1', { branch: 'orch/T1-fix-the-test' });
    await commit(agent, 'One', 'Why');
    await commit(agent, 'Two');
    await call(agent, gh, ['pr', 'create', '--fill']);
    await call(agent, gh, ['pr', 'create', '--fill-first']);
    await call(agent, gh, ['pr', 'create', '--fill-verbose']);
    expect(agent.asked).toMatchObject([
      { title: 'Fix the test', body: '- One\n- Two' },
      { title: 'One', body: 'Why' },
      { title: 'Fix the test', body: '- **One**\n\n  Why\n\n- Two' },
    ]);
  });

  it.each([
    ['another head', ['pr', 'create', '-f', '-H', 'main'], /from orch\/T1-fix only/],
    ['another repository', ['pr', 'create', '-f', '-R', 'acme/other'], /in its own repository only/],
    ['an unknown option', ['pr', 'create', '--nope'], /Unknown option '--nope'/],
    ['another command', ['issue', 'list'], /gh can do one thing: gh pr create/],
  ])('refuses %s with a sentence', async (_, args, sentence) => {
    await using made = await bench();
    await using agent = await agentAtWork(made);
    await commit(agent, 'Fix it');
    expect(await call(agent, gh, args)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(sentence),
    });
    expect(agent.asked).toEqual([]);
  });

  it('opens nothing when nothing is committed, or the push fails', async () => {
    await using made = await bench();
    await using agent = await agentAtWork(made);
    const nothing = await call(agent, gh, ['pr', 'create', '-f']);
    expect(nothing).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('commit your work first') });
    await commit(agent, 'One');
    await agent.git('push');
    await agent.git('commit', '-q', '--amend', '--allow-empty', '-m', 'Other');
    const stale = await call(agent, gh, ['pr', 'create', '-f']);
    expect(stale).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('could not be pushed') });
    expect(agent.asked).toEqual([]);
  });
});

describe('orch in a worktree', () => {
  it('says that the task is done', async () => {
    await using made = await bench();
    await using agent = await agentAtWork(made);
    expect(await call(agent, orch, ['done', 'All', 'green'])).toMatchObject({ exitCode: 0, stdout: '' });
    await call(agent, orch, ['done']);
    expect(agent.asked).toEqual([{ summary: 'All green' }, { summary: null }]);
  });

  it('shows what it can do', async () => {
    await using made = await bench();
    await using agent = await agentAtWork(made);
    const help = await call(agent, orch, ['--help']);
    expect(help).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('orch done') });
    expect(await call(agent, orch, ['dance'])).toMatchObject({ exitCode: 1, stderr: help.stdout });
  });

  it('asks people, says what to do without an answer, and tells of progress', async () => {
    await using made = await bench();
    await using agent = await agentAtWork(made);
    expect(await call(agent, orch, ['ask', 'Which', 'one?'])).toMatchObject({
      exitCode: 0,
      stdout: 'The first.\n\nAnd test it.',
    });
    expect(await call(agent, orch, ['ask', `Is nobody there? ${'x'.repeat(5000)}`])).toMatchObject({
      exitCode: 3,
      stdout: expect.stringContaining('End your turn now, without `orch done`'),
    });
    expect(await call(agent, orch, ['progress', 'Half', 'of it.'])).toMatchObject({
      exitCode: 0,
      stdout: '',
    });
    expect(await call(agent, orch, ['ask', ' '])).toMatchObject({ exitCode: 1, stdout: '' });
    const cut = expect.toSatisfy((text: string) => text.length === 4000);
    expect(agent.asked).toEqual([
      { question: 'Which one?' },
      { isHeard: true },
      { question: cut },
      { progress: 'Half of it.' },
    ]);
  });

  it('works as a program of its own, in an Orch workspace only', async () => {
    await using made = await bench();
    await using agent = await agentAtWork(made);
    const main = resolve('src/cli/worktree/main.ts');
    const lost = await agent.asAgent('env', ['-u', 'ORCH_BROKER', process.execPath, main, 'orch', 'done']);
    expect(lost).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('ORCH_BROKER is not set') });
    const piped = await agent.asAgent('sh', [
      '-c',
      'git commit -q --allow-empty -m A; echo B | orch pr create -F -',
    ]);
    expect(piped).toMatchObject({ exitCode: 0, stdout: URL });
    expect(agent.asked).toMatchObject([{ title: 'A', body: 'B\n' }]);
  });
});

async function commit(agent: Agent, subject: string, body = ''): Promise<string> {
  await agent.git('commit', '-q', '--allow-empty', '-m', subject, '-m', body);
  return (await agent.git('rev-parse', 'HEAD')).stdout;
}

/** The command without a process of its own, as main.ts would run it. */
async function call(agent: Agent, command: typeof gh, args: string[], input = '') {
  let [stdout, stderr] = ['', ''];
  const io = {
    cwd: agent.workspace.tree,
    env: agent.env,
    broker: agent.env.ORCH_BROKER ?? '',
    patience: 0,
    print: (text: string) => {
      stdout += text;
    },
    warn: (text: string) => {
      stderr += text;
    },
    input: Readable.from([input]),
  };
  const exitCode = await command(args, io).catch(error => {
    stderr += error.message;
    return 1;
  });
  return { exitCode, stdout: stdout.trimEnd(), stderr: stderr.trimEnd() };
}
