import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Agent, agentAtWork, bench } from '../../support/workspace.ts';

describe('git push in a worktree', () => {
  it.each([[['push']], [['push', 'origin', 'HEAD']], [['push', '-u', 'origin', 'orch/T1-fix']]])(
    'brings the branch to GitHub: git %j',
    async args => {
      await using made = await bench();
      await using agent = await agentAtWork(made);
      const sha = await commit(agent, 'one');
      const pushed = await agent.git(...args);
      expect(pushed).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('* [new branch]') });
      expect(await made.server.git('rev-parse', 'refs/heads/orch/T1-fix')).toBe(sha);
      expect((await agent.git('rev-parse', 'refs/remotes/origin/orch/T1-fix')).stdout).toBe(sha);
      expect((await agent.git('push', 'origin', 'HEAD')).stderr).toBe('Everything up-to-date');
    },
  );

  it('takes an amended commit by force only, and with the tip that the agent knows', async () => {
    await using made = await bench();
    await using agent = await agentAtWork(made);
    await commit(agent, 'one');
    await agent.git('push');
    await agent.git('commit', '-q', '--amend', '-m', 'Better');
    const plain = await agent.git('push');
    expect(plain).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('(non-fast-forward)') });
    expect(await agent.git('push', '--force')).toMatchObject({ exitCode: 0 });
    await agent.git('commit', '-q', '--amend', '-m', 'Best');
    expect(await agent.git('push', '--force-with-lease')).toMatchObject({ exitCode: 0 });
    const sha = (await agent.git('rev-parse', 'HEAD')).stdout;
    expect(await made.server.git('rev-parse', 'refs/heads/orch/T1-fix')).toBe(sha);
  });

  it('refuses everything but its own branch with a reason, and GitHub sees nothing of it', async () => {
    await using made = await bench();
    await using agent = await agentAtWork(made);
    await commit(agent, 'one');
    await agent.git('push');
    await commit(agent, 'two');
    await agent.git('tag', 'v1');
    const before = await made.server.git('for-each-ref');
    const other = 'this run may push orch/T1-fix only';
    const refused: [string[], string][] = [
      [['HEAD:main'], other],
      [['HEAD:refs/heads/mine'], other],
      [['v1'], other],
      [[':orch/T1-fix'], 'this run may not delete its branch'],
      [['--delete', 'main'], other],
    ];
    for (const [args, reason] of refused) {
      const pushed = await agent.git('push', 'origin', ...args);
      expect(pushed.exitCode).toBe(1);
      expect(pushed.stderr).toMatch(new RegExp(` ! \\[remote rejected\\] .* \\(${reason}\\)`));
      expect(pushed.stderr).toContain('remote: Push with: git push origin HEAD:refs/heads/orch/T1-fix');
    }
    expect(await made.server.git('for-each-ref')).toBe(before);
  });

  it("shows GitHub's own reason and remarks", async () => {
    await using made = await bench();
    await using agent = await agentAtWork(made);
    const hook = `#!/bin/sh\necho "Commits must be signed." >&2\nexit 1\n`;
    await writeFile(join(made.server.directory, 'hooks/pre-receive'), hook, { mode: 0o755 });
    await commit(agent, 'one');
    const pushed = await agent.git('push');
    expect(pushed.stderr).toContain(
      '! [remote rejected] orch/T1-fix -> orch/T1-fix (pre-receive hook declined)',
    );
    expect(pushed.stderr).toContain('remote: Commits must be signed.');
  });

  it('sends what the agent fetched from elsewhere and merged', async () => {
    await using made = await bench();
    await using agent = await agentAtWork(made);
    await commit(agent, 'one');
    await agent.git('commit', '-q', '--allow-empty', '-m', 'Empty');
    await agent.git('push');
    // Another repository's history, which the daemon never saw.
    await agent.asAgent('sh', [
      '-c',
      'git init -q x && cd x && git -c user.name=a -c user.email=a@b commit -q --allow-empty -m Other',
    ]);
    await agent.git('fetch', '-q', './x', 'HEAD');
    await agent.git('merge', '-q', '--allow-unrelated-histories', '-m', 'Merge', 'FETCH_HEAD');
    expect(await agent.git('push')).toMatchObject({ exitCode: 0 });
    expect(await made.server.git('log', '--format=%s', 'orch/T1-fix')).toContain('Other');
  });

  it('pretends when asked to', async () => {
    await using made = await bench();
    await using agent = await agentAtWork(made);
    await commit(agent, 'one');
    expect(await agent.git('push', '--dry-run')).toMatchObject({ exitCode: 0 });
    expect(await made.server.git('for-each-ref')).not.toContain('orch/T1-fix');
  });

  it('needs nothing of its environment, which CLIs may have emptied', async () => {
    await using made = await bench();
    await using agent = await agentAtWork(made);
    await commit(agent, 'one');
    const pushed = await agent.asAgent('env', ['-u', 'ORCH_BROKER', 'git', 'push']);
    expect(pushed).toMatchObject({ exitCode: 0 });
  });
});

async function commit(agent: Agent, text: string): Promise<string> {
  await writeFile(join(agent.workspace.tree, 'file'), text);
  await agent.git('add', '-A');
  await agent.git('commit', '-q', '-m', `Write ${text}`);
  return (await agent.git('rev-parse', 'HEAD')).stdout;
}
