import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { processStart } from '../../src/agent/processes.ts';
import { shellQuote } from '../../src/shared/text.ts';
import { GOOD_AGENT, REPOSITORY, repositoryOf, startTestApp, type TestApp } from '../support/app.ts';

describe('fault: the tmux server is killed', () => {
  it('what is left of its agents is ended, and each run is tried once more under a new epoch', async () => {
    const stubborn = "trap '' HUP TERM INT; echo $$ >>../left; while :; do sleep 60; done";
    const first = `setsid sh -c ${shellQuote(stubborn)} & ${stubborn}`;
    await using app = await startTestApp({
      agents: { steady: `if mkdir "$HOME/tried"; then ${first}; else ${GOOD_AGENT}; fi` },
    });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    const left = await app.until(() => pids(`${app.home}/workspaces/T1.1/left`, 2));
    await app.until(() => app.task(1).state === 'running');
    killServer(app);
    await app.ended(1, 'completed');
    expect(left.filter(pid => processStart(pid) !== null)).toEqual([]);
    expect(app.runs(1)).toMatchObject([
      { outcome: 'crashed', reason: expect.stringContaining('killed from outside'), epoch: 1 },
      { outcome: 'succeeded', epoch: 2 },
    ]);
    expect([...repositoryOf(app.github).issues.values()].filter(({ pull }) => pull)).toHaveLength(1);
  });
});

function killServer(app: TestApp): void {
  const ask = ['-S', `${app.home}/tmux/tmux.sock`, 'display-message', '-p', '#{pid}'];
  process.kill(Number(execFileSync('tmux', ask, { encoding: 'utf8' })), 'SIGKILL');
}

/** The numbers in a file, once it has so many. */
function pids(file: string, count: number): number[] | null {
  try {
    const found = readFileSync(file, 'utf8').trim().split('\n').map(Number);
    return found.length === count ? found : null;
  } catch {
    return null;
  }
}
