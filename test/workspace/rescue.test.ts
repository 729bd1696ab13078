import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { rescue } from '../../src/workspace/rescue.ts';
import { type Agent, agentAtWork, bench } from '../support/workspace.ts';

describe('rescue', () => {
  it('pushes what was committed and not pushed, through the broker', async () => {
    await using made = await bench();
    await using agent = await agentAtWork(made);
    const head = await commit(agent, 'One');
    expect(await save(agent, made.sha)).toEqual({ head, dirty: false });
    expect(await agent.head()).toBe(head);
    expect(await save(agent, head)).toEqual({ head: null, dirty: false });
  });

  it('finds nothing where nothing was committed, and tells of uncommitted changes', async () => {
    await using made = await bench();
    await using agent = await agentAtWork(made);
    expect(await save(agent, made.sha)).toEqual({ head: null, dirty: false });
    await writeFile(join(agent.workspace.tree, 'new'), '');
    expect(await save(agent, made.sha)).toEqual({ head: null, dirty: true });
    expect(await agent.head()).toBe(null);
  });

  it('takes rewritten commits too', async () => {
    await using made = await bench();
    await using agent = await agentAtWork(made);
    const first = await commit(agent, 'One');
    await agent.git('push', '-q');
    await agent.git('commit', '-q', '--allow-empty', '--amend', '-m', 'Better');
    const head = await agent.git('rev-parse', 'HEAD');
    expect(await save(agent, first)).toEqual({ head: head.stdout, dirty: false });
    expect(await agent.head()).toBe(head.stdout);
  });

  it('takes what is checked out, unless the branch is ahead of it', async () => {
    await using made = await bench();
    await using agent = await agentAtWork(made);
    const head = await commit(agent, 'One');
    await agent.git('checkout', '-q', 'main');
    expect(await save(agent, made.sha)).toMatchObject({ head });
    await agent.git('checkout', '-q', '--detach', head);
    const detached = await commit(agent, 'Two');
    expect(await save(agent, head)).toMatchObject({ head: detached });
    await agent.git('checkout', '-q', '--orphan', 'empty');
    await agent.git('branch', '-f', 'orch/T1-fix', detached);
    expect(await save(agent, detached)).toMatchObject({ head: null });
  });

  it('takes commits also where git can not tell of uncommitted changes', async () => {
    await using made = await bench();
    await using agent = await agentAtWork(made);
    const head = await commit(agent, 'One');
    const index = (await agent.git('rev-parse', '--git-path', 'index')).stdout;
    await writeFile(resolve(agent.workspace.tree, index), 'half an index');
    expect(await save(agent, made.sha)).toEqual({ head, dirty: true });
    expect(await agent.head()).toBe(head);
    await expect(save(agent, head)).rejects.toMatchObject({ code: 'E_PROGRAM_FAILED' });
  });

  it('says why when the commits are refused, or the agent left no repository', async () => {
    await using made = await bench();
    await using agent = await agentAtWork(made);
    await commit(agent, 'One');
    const hook = `#!/bin/sh\necho "No." >&2\nexit 1\n`;
    await writeFile(join(made.server.directory, 'hooks/pre-receive'), hook, { mode: 0o755 });
    await expect(save(agent, made.sha)).rejects.toMatchObject({
      code: 'E_PUSH_REFUSED',
      message: 'pre-receive hook declined. No.',
    });
    await writeFile(join(agent.workspace.tree, '.git'), 'gitdir: /nowhere\n');
    await expect(save(agent, made.sha)).rejects.toMatchObject({ code: 'E_PROGRAM_FAILED' });
  });
});

function save(agent: Agent, known: string) {
  return rescue(agent.asAgent, { branch: 'orch/T1-fix', known });
}

async function commit(agent: Agent, message: string): Promise<string> {
  await agent.git('commit', '-q', '--allow-empty', '-m', message);
  return (await agent.git('rev-parse', 'HEAD')).stdout;
}
