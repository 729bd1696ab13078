import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Job } from '../../src/action/job.ts';
import { openWorkshop } from '../../src/action/open.ts';
import { queued } from '../support/tasks.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { jobOf } from './server.ts';

/** Of no shape that would give it away. */
const TOKEN = 'opaque-word-of-the-job';
let job: Job;
beforeEach(async () => {
  const folder = await temporaryDirectory();
  job = { ...jobOf('schedule', {}), temporary: folder.path, run: { id: 9001, attempt: 1, url: '' } };
  return () => folder[Symbol.asyncDispose]();
});

function open({ attempt = 1, settings = '', env = {}, temporary = job.temporary } = {}) {
  const file = join(job.temporary, 'orch.yaml');
  writeFileSync(file, settings);
  const at = { ...job, temporary, run: { ...job.run, attempt } };
  return openWorkshop({ settings: file, token: TOKEN }, at, { HOME: job.temporary, ...env });
}

describe('what a job works with', () => {
  it('holds one task, numbered as the workflow run, also for the last step', () => {
    {
      using first = open();
      expect(queued(first.store).id).toBe(9001);
      expect(first.settings.taskQueue.maxSize).toBe(1);
    }
    using last = open();
    expect(last.store.tasks.get(9001)).not.toBeNull();
  });

  it('knows its token for a secret', () => {
    using workshop = open();
    expect(workshop.secrets.redact(`it is ${TOKEN}`)).toBe('it is [redacted]');
  });

  it('has no command to the runner in its log, which is part of the job’s when it is debugged', () => {
    using workshop = open();
    workshop.log.info({ title: '##[add-matcher]x' }, 'an issue');
    const line = readFileSync(workshop.home.paths.log, 'utf8');
    expect(JSON.parse(line)).toMatchObject({ title: '##\u200b[add-matcher]x', msg: 'an issue' });
  });

  it('looks for what an attempt before it has made, before it makes anything', () => {
    const begins = (attempt: number) => {
      using workshop = open({ attempt });
      const { id } = queued(workshop.store);
      const { creations } = workshop.store;
      const kinds = ['branch', 'pull', 'command'] as const;
      return kinds.map(kind => creations.begin(id, kind, `${attempt}`, 0));
    };
    expect(begins(1)).toEqual([true, true, true]);
    expect(begins(2)).toEqual([false, false, true]);
  });

  it('takes nothing from what a server on the host is told', () => {
    using workshop = open({ env: { ORCH_HOME: '/srv/orch', LOG_LEVEL: 'loud' } });
    expect(workshop.settings.orchestrator.home).toBe(join(job.temporary, 'orch'));
  });

  it.each([
    ['E_UNSANDBOXED', { settings: 'sandbox: { kind: none }' }],
    ['E_PATH_TOO_LONG', { temporary: `/tmp/${'a'.repeat(90)}` }],
  ])('is refused with %s', (code, given) => {
    expect(() => open(given)).toThrow(expect.objectContaining({ code }));
  });
});
