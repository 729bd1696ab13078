import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Run } from '../../src/task/glossary.ts';
import { GOOD_AGENT, REPOSITORY, startTestApp, type TestApp } from '../support/app.ts';
import { bubblewrap } from '../support/sandbox.ts';

const PATIENT = { retry_delay_seconds: 0, stop_grace_seconds: 1 };
/** Does the first thing the first time, and its work after that; the marker lies where every run may look. */
const firstly = (what: string) => `if mkdir "$HOME/tried" 2>/dev/null; then ${what}; else ${GOOD_AGENT}; fi`;
/** The first run, once its agent has left the marker: killed before, the second would take itself for the first. */
async function firstRun(app: TestApp): Promise<Run> {
  await app.until(() => existsSync(`${app.home}/tried`));
  return await app.until(() => app.daemon.store.runs.live().find(({ pid }) => pid !== null));
}
const UNCONFINED = { sandbox: { kind: 'none', allow_unsandboxed: true } };

describe('fault: an agent is killed from outside', () => {
  it('the task is tried again and says why', async () => {
    await using app = await startTestApp({
      agents: { steady: firstly('sleep 300') },
      settings: { task_queue: PATIENT, ...UNCONFINED },
    });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    const run = await firstRun(app);
    process.kill(run.pid as number, 'SIGKILL');
    await app.ended(1, 'completed');
    expect(app.runs(1)).toMatchObject([
      { outcome: 'crashed', reason: expect.stringContaining('killed from outside') },
      { outcome: 'succeeded' },
    ]);
  });
});

describe('fault: an agent hangs', () => {
  it('when its time is over it is interrupted, after the grace killed, and tried again', async () => {
    await using app = await startTestApp({
      agents: { deaf: firstly("trap '' INT TERM; while :; do sleep 1; done") },
      settings: { task_queue: PATIENT, ...UNCONFINED },
    });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    const run = await firstRun(app);
    app.daemon.store.tasks.update(1, run.epoch, { timeoutSeconds: 0 });
    await app.until(() => app.runs(1)[0]?.endedAt);
    app.daemon.store.tasks.update(1, app.task(1).epoch, { timeoutSeconds: 600 });
    await app.ended(1, 'completed');
    expect(app.runs(1).map(({ outcome }) => outcome)).toEqual(['timed_out', 'succeeded']);
    const events = app.daemon.store.journal.ofTask(1).map(({ type }) => type);
    expect(events.indexOf('run:stopping')).toBeLessThan(events.indexOf('run:ended'));
  });
});

describe('fault: an agent ends with nothing', () => {
  it('the task has failed, its last words are told, and nobody is asked to review anything', async () => {
    await using app = await startTestApp({ agents: { idle: 'echo I could not find the bug' } });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    const task = await app.ended(1, 'failed');
    await app.quiet();
    expect(task).toMatchObject({ reason: 'the agent ended without a commit', pull: null });
    expect(app.comments(1)[1]).toContain('I could not find the bug');
  });
});

describe('fault: an agent leaves children behind that ignore HUP and TERM', () => {
  // How long they sleep is what they are known by, also beside another run of these tests on this machine.
  const seconds = (way: number) => `4711.${process.pid}${way}`;
  const stubborn = (length: string) => `trap '' HUP TERM INT; while :; do sleep ${length}; done`;
  const children = (length: string, ways: string[]) =>
    ways.map(way => way.replace('CHILD', `sh -c "${stubborn(length)}"`)).join('\n');
  const MARKED = ['CHILD &', 'setsid CHILD &', '(setsid CHILD &) &'];

  it('without a sandbox those are ended that kept terminal, session, parent or environment', async () => {
    const length = seconds(1);
    await using app = await startTestApp({
      agents: { parent: `${children(length, MARKED)}\n${GOOD_AGENT}` },
      settings: { task_queue: PATIENT, ...UNCONFINED },
    });
    await endsAlone(app, length);
  });

  it.skipIf(bubblewrap === null)(
    'in the sandbox all are ended, one in a cleared environment too',
    async () => {
      const length = seconds(2);
      const ways = [...MARKED, '(setsid env -i PATH=/usr/bin:/bin CHILD &) &'];
      await using app = await startTestApp({
        agents: { parent: `${children(length, ways)}\n${GOOD_AGENT}` },
        settings: { task_queue: PATIENT, sandbox: { kind: 'bwrap' } },
      });
      await endsAlone(app, length);
    },
  );

  async function endsAlone(app: TestApp, length: string): Promise<void> {
    let most = 0;
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    await app.until(() => {
      most = Math.max(most, processesWith(length));
      return app.daemon.store.runs.get(1, 1)?.endedAt;
    });
    expect(app.task(1).state).toBe('completed');
    expect(most).toBeGreaterThan(0);
    expect(processesWith(length)).toBe(0);
  }
});

function processesWith(argument: string): number {
  return readdirSync('/proc').filter(
    pid => /^\d+$/.test(pid) && commandOf(pid).includes(`sleep\0${argument}`),
  ).length;
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
