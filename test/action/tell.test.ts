import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Job } from '../../src/action/job.ts';
import { fail, tell } from '../../src/action/tell.ts';
import { OrchError } from '../../src/shared/errors.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary.ts';
import { story } from './story.ts';

const job: Job = {
  event: { name: 'issue_comment', payload: {} },
  repository: { fullName: 'acme/shop', id: 1, isPublic: false },
  isSelfHosted: true,
  run: { id: 42, attempt: 1, url: 'https://github.com/acme/shop/actions/runs/42' },
  actor: { login: 'olga', id: 2 },
  apiUrl: 'https://api.github.com',
  serverUrl: 'https://github.com',
  temporary: '/tmp',
};

let folder: TemporaryDirectory;

beforeAll(async () => {
  folder = await temporaryDirectory();
});
beforeEach(() => {
  for (const name of ['output', 'step_summary']) {
    writeFileSync(join(folder.path, name), '');
    vi.stubEnv(`GITHUB_${name.toUpperCase()}`, join(folder.path, name));
  }
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  process.exitCode = 0;
});
afterAll(() => folder[Symbol.asyncDispose]());

/** What stands in the log, and how the job ends. */
async function printed(act: () => unknown) {
  let text = '';
  const stdout = vi.spyOn(process.stdout, 'write').mockImplementation(chunk => {
    text += chunk;
    return true;
  });
  await act();
  stdout.mockRestore();
  return { lines: text.trimEnd().split('\n'), exit: process.exitCode ?? 0 };
}

const written = (name: string) => readFileSync(join(folder.path, name), 'utf8');

describe('what a mode has come to', () => {
  it('is told in the log, the outputs and the summary', async () => {
    const { lines, exit } = await printed(() => tell('run', job, story));
    expect(lines).toEqual(['✅ T42 is completed: https://github.com/acme/shop/pull/8']);
    expect(exit).toBe(0);
    expect(written('output')).toMatch(/^status<<(.*)\ncompleted\n\1$/m);
    expect(written('step_summary')).toContain('[#7](https://github.com/acme/shop/issues/7)');
  });

  it('is green, with nothing to show, where no task was asked for', async () => {
    const { lines, exit } = await printed(() => tell('run', job, null));
    expect([lines, exit]).toEqual([['No task was asked for.'], 0]);
    expect(written('output')).toMatch(/^status<<.*\nnone$/m);
    expect(written('step_summary')).toBe('');
  });

  it.each(['failed', 'escalated', 'cancelled', 'paused'] as const)(
    'is red where the task is %s',
    async status => {
      const reason = '/srv/orch/workspaces/T42.1/tree/a.ts\n::set-output name=x::y';
      const { lines, exit } = await printed(() => tell('run', job, { ...story, status, reason }));
      expect(exit).toBe(1);
      expect(lines.at(-1)).toMatch(/^::error title=.* T42 .*::a\.ts%0A::set-output name=x::y$/);
      // What others wrote is no command to the runner.
      expect(lines[1]).toBe(':\u200b:set-output name=x::y: https://github.com/acme/shop/pull/8');
    },
  );

  it('is green where the task goes on elsewhere', async () => {
    const queued = { ...story, status: 'queued', pull_request: null } as const;
    expect(await printed(() => tell('enqueue', job, queued))).toMatchObject({ exit: 0 });
    expect(await printed(() => tell('run', job, queued))).toMatchObject({ exit: 1 });
  });

  it('warns of strangers where the repository is public and the runner one’s own', async () => {
    const open = { ...job, repository: { ...job.repository, isPublic: true } };
    const { lines } = await printed(() => tell('run', open, story));
    expect(lines.at(-1)).toMatch(/^::warning title=Orch%3A public repository::.*https:\/\/docs\.github\.com/);
    expect((await printed(() => tell('run', { ...open, isSelfHosted: false }, story))).lines).toHaveLength(1);
  });
});

describe('what has gone wrong', () => {
  it('is one line with a code and what to do', async () => {
    const { lines, exit } = await printed(() => fail(new OrchError('E_FORK', '#7 comes from a fork')));
    expect(lines).toEqual([
      expect.stringMatching(/^::error title=Orch%3A E_FORK::E_FORK: #7 comes from a fork\. Push/),
    ]);
    expect(exit).toBe(1);
  });

  it('shows neither where in the code, nor a secret', async () => {
    const { lines } = await printed(() => fail(new TypeError(`no ghs_${'a'.repeat(36)}`)));
    const remedy = 'Run the job again with debug logging, and tell us of it.';
    expect(lines).toEqual([`::error title=Orch%3A E_INTERNAL::E_INTERNAL: no [redacted]. ${remedy}`]);
  });
});
