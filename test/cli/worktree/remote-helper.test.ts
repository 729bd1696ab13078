import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { serveGit } from '../../../src/cli/worktree/remote-helper.ts';
import { type Agent, agentAtWork, bench } from '../../support/workspace.ts';

describe('git-remote-orch', () => {
  it('speaks the language of remote helpers', async () => {
    await using made = await bench();
    await using agent = await agentAtWork(made);
    expect(await speak(agent, 'capabilities', '')).toBe('option\npush\n\n');
    expect(await speak(agent, 'option verbosity 1', 'option atomic true', '')).toBe('ok\nunsupported\n');
    expect(await speak(agent, 'list for-push', '')).toBe(`${made.sha} refs/heads/main\n\n`);
    await expect(speak(agent, 'connect git-receive-pack', '')).rejects.toThrow('something unknown: connect');
  });

  it('answers each ref of a push by itself', async () => {
    await using made = await bench();
    await using agent = await agentAtWork(made);
    await agent.git('commit', '-q', '--allow-empty', '-m', 'One');
    const refs = [
      'HEAD:refs/heads/main',
      '+HEAD:refs/heads/orch/T1-fix',
      ':refs/heads/orch/T1-fix',
      'nope:refs/heads/x',
    ];
    const answer = await speak(agent, 'list for-push', ...refs.map(ref => `push ${ref}`), '', '');
    expect(answer.split('\n').slice(2)).toEqual([
      'error refs/heads/main this run may push orch/T1-fix only',
      'ok refs/heads/orch/T1-fix',
      'error refs/heads/orch/T1-fix this run may not delete its branch',
      'error refs/heads/x fatal: Needed a single revision',
      '',
      '',
    ]);
  });

  it('sends nothing when git only pretends', async () => {
    await using made = await bench();
    await using agent = await agentAtWork(made);
    const answer = await speak(agent, 'option dry-run true', 'push HEAD:refs/heads/orch/T1-fix', '', '');
    expect(answer).toBe('ok\nok refs/heads/orch/T1-fix\n\n');
    expect(await agent.head()).toBe(null);
  });
});

async function speak(agent: Agent, ...lines: string[]): Promise<string> {
  let said = '';
  const io = {
    cwd: agent.workspace.tree,
    env: agent.env,
    broker: agent.env.ORCH_BROKER ?? '',
    patience: 0,
    print: (text: string) => {
      said += text;
    },
    warn: () => {},
    input: Readable.from([lines.map(line => `${line}\n`).join('')]),
  };
  expect(await serveGit(io)).toBe(0);
  return said;
}
