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
});

async function commit(agent: Agent, text: string): Promise<string> {
  await writeFile(join(agent.workspace.tree, 'file'), text);
  await agent.git('add', '-A');
  await agent.git('commit', '-q', '-m', `Write ${text}`);
  return (await agent.git('rev-parse', 'HEAD')).stdout;
}
