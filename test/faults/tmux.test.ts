import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { processStart } from '../../src/agent/processes.ts';
import { shellQuote } from '../../src/shared/text.ts';
import { execGit } from '../../src/workspace/git.ts';
import { GOOD_AGENT, REPOSITORY, repositoryOf, startTestApp, type TestApp } from '../support/app.ts';
import { temporaryDirectory } from '../support/temporary.ts';

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

describe('fault: the host restarts while an agent works', () => {
  it('its task goes on in the same worktree and conversation, with what was not committed', async () => {
    const tell = (text: string) => `printf '{"session":"s-1","text":"${text}"}\\n'`;
    const talker = {
      session: 'learnt',
      command: ['sh', '-c', `echo half >half.txt; ${tell('I begin.')}; while :; do sleep 0.1; done`],
      resume: [
        'sh',
        '-c',
        `grep -q half half.txt && [ "$1" = s-1 ] && (${GOOD_AGENT}) >&2`,
        'sh',
        '{session}',
      ],
      events: [
        { when: { text: 'I begin.' }, as: 'session', take: { id: 'session' } },
        { when: { text: 'I begin.' }, as: 'text', take: { text: 'text' } },
      ],
    };
    const settings = { agents: { talker }, task_queue: { retry_delay_seconds: 0 } };
    await using app = await startTestApp({ settings });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    await app.until(() => app.runs(1)[0]?.session === 's-1');
    await app.stop();
    killServer(app);
    await app.start();
    await app.ended(1, 'completed');
    expect(app.runs(1)).toMatchObject([
      { outcome: 'crashed', exitCode: null },
      { outcome: 'succeeded', workspace: 'T1.1', session: 's-1' },
    ]);
  });
});

describe('fault: tmux is not installed', () => {
  it('the task fails at once with the remedy, and can be tried again when it is there', async () => {
    await using folder = await temporaryDirectory();
    await using app = await startTestApp();
    {
      using _path = withPath(pathWithout('tmux', folder.path));
      await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
      const { reason } = await app.ended(1, 'failed');
      expect(reason).toMatch(/E_MISSING_PROGRAM: tmux .*Install tmux 3.0 or newer/);
    }
    await app.github.comment(REPOSITORY, 1, '/orch retry', 'writer');
    await app.until(() => app.task(1).state === 'completed');
    expect(app.runs(1)).toHaveLength(2);
  });
});

describe('fault: git is not installed', () => {
  it('what needs it fails with `E_MISSING_PROGRAM` and the remedy', async () => {
    await using folder = await temporaryDirectory();
    using _path = withPath(folder.path);
    await expect(execGit(['--version'])).rejects.toMatchObject({
      code: 'E_MISSING_PROGRAM',
      message: expect.stringContaining('git is not installed'),
    });
  });
});

function withPath(path: string): Disposable {
  const former = process.env.PATH;
  process.env.PATH = path;
  return {
    [Symbol.dispose]() {
      process.env.PATH = former;
    },
  };
}

/** A folder with all programs but this one. */
function pathWithout(program: string, folder: string): string {
  for (const place of (process.env.PATH ?? '').split(':').filter(existsSync)) {
    for (const name of readdirSync(place).filter(each => each !== program)) {
      if (!existsSync(join(folder, name))) symlinkSync(join(place, name), join(folder, name));
    }
  }
  return folder;
}

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
