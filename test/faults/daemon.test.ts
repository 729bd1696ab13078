import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { GOOD_AGENT, REPOSITORY, startTestApp } from '../support/app.ts';
import { GOOD, serve } from '../support/serve.ts';

describe('fault: a second daemon is started on the same home folder', () => {
  it('it refuses to start with `E_SECOND_DAEMON`, and the first one and its agents go on', async () => {
    await using app = await startTestApp({
      agents: { slow: `while ! test -e go; do sleep 0.05; done; ${GOOD_AGENT}` },
    });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    await app.until(() => app.daemon.store.tasks.get(1)?.state === 'running');
    const second = await serve(app.home, GOOD);
    expect(second.exitCode).toBe(1);
    expect(second.stderr).toMatch(/^E_SECOND_DAEMON: /);
    writeFileSync(`${app.home}/workspaces/T1.1/tree/go`, '');
    await app.ended(1, 'completed');
    expect(app.runs(1)).toHaveLength(1);
  });
});
