import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { GOOD_AGENT, REPOSITORY, repositoryOf, startTestApp, type TestAppOptions } from '../support/app.ts';
import { bubblewrap } from '../support/sandbox.ts';

const COMMIT = "echo fixed > fixed.txt && git add fixed.txt && git commit -qm 'Fix it'";

/** The App whose agents run in bubblewrap. */
const startSandboxed = ({ settings = {}, ...options }: TestAppOptions = {}) =>
  startTestApp({ ...options, settings: { sandbox: { kind: 'bwrap' }, ...settings } });

describe.skipIf(bubblewrap === null)('in a sandbox', () => {
  it('a task becomes a pull request, and the check run says how its agent is shut in', async () => {
    await using app = await startSandboxed();
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    expect(await app.ended(1, 'completed')).toMatchObject({ pull: 2 });
    await app.quiet();
    const [check] = [...repositoryOf(app.github).checkRuns.values()];
    expect(check?.conclusion).toBe('success');
    expect(check?.output.summary).toContain('in a sandbox (bubblewrap)');
  });

  it('an agent sees nothing of Orch but what its own run needs', async () => {
    const look = `find "$(dirname "$(dirname "$(dirname "$PWD")")")" -type f -o -type s; env; ${GOOD_AGENT}`;
    await using app = await startSandboxed({ agents: { good: look } });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    await app.ended(1, 'completed');
    const log = readFileSync(join(app.home, 'logs', 'T1.1.log'), 'utf8');
    const seen = log
      .split(/\r?\n/)
      .flatMap(line => (line.startsWith(app.home) ? [line.slice(app.home.length)] : []));
    expect(seen).toContain('/runs/T1.1/sockets/broker.sock');
    const allowed =
      /^\/(runs\/T1\.1\/(sockets\/|bin\/|prompt\.md)|workspaces\/T1\.1\/(tree|repository\.git)\/|stores\/.*\/objects\/)/;
    expect(seen.filter(path => !allowed.test(path))).toEqual([]);
    expect(log).not.toMatch(/WEBHOOK_SECRET|PRIVATE_KEY|APP_ID/);
  });

  it('setup commands run too, and what they put into the home is there for the agent', async () => {
    const repository = {
      files: { '.github/orch.yml': 'setup: ["echo ready > ~/made && echo \\"$PWD\\" > ../out || true"]\n' },
    };
    await using app = await startSandboxed({
      ...repository,
      agents: { good: `test "$(cat ~/made)" = ready && ${GOOD_AGENT}` },
    });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    await app.ended(1, 'completed');
    expect(existsSync(join(app.home, 'made'))).toBe(false);
    expect(existsSync(join(app.home, 'workspaces/T1.1/out'))).toBe(false);
  });

  it('commits that were not pushed are rescued, and hooks that the agent planted act inside only', async () => {
    const evil = `"$(git rev-parse --git-common-dir)/evil"`;
    const lazy = [
      COMMIT,
      `printf '#!/bin/sh\\ntouch /orch-was-here "$HOME/fired"\\n' >${evil} && chmod +x ${evil}`,
      `git config core.fsmonitor ${evil} && git config filter.evil.clean ${evil}`,
      `echo '* filter=evil' >"$(git rev-parse --git-common-dir)/info/attributes"`,
    ].join(' && ');
    await using app = await startSandboxed({ agents: { lazy } });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    const task = await app.ended(1, 'completed');
    expect(task).toMatchObject({ pull: 2, reason: expect.stringContaining('opened a draft') });
    expect(existsSync('/orch-was-here')).toBe(false);
    expect(existsSync(join(app.home, 'fired'))).toBe(false);
    expect(existsSync(join(app.home, 'workspaces/T1.1/home/fired'))).toBe(true);
  });

  it('a cancelled agent leaves nothing running, whatever it started', async () => {
    const stubborn = `trap '' INT TERM HUP; env -i /usr/bin/setsid -f /bin/sh -c "trap '' TERM HUP INT; sleep 300"; echo up > ready; sleep 300; sleep 300`;
    await using app = await startSandboxed({ agents: { stubborn } });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    await app.until(() => existsSync(join(app.home, 'workspaces/T1.1/tree/ready')));
    await app.github.comment(REPOSITORY, 1, '/orch cancel', 'writer');
    await app.ended(1, 'cancelled');
  });

  it('an agent that takes too long is ended, and its commits are kept', async () => {
    await using app = await startSandboxed({
      agents: { slow: `${COMMIT}; trap '' INT TERM; touch ready; sleep 300; sleep 300` },
      settings: { task_queue: { max_retries: 0, stop_grace_seconds: 0 } },
    });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    await app.until(() => existsSync(join(app.home, 'workspaces/T1.1/tree/ready')));
    const running = await app.until(() => app.daemon.store.runs.live().find(run => run.pid !== null));
    app.daemon.store.tasks.update(1, running.epoch, { timeoutSeconds: 0 });
    expect(await app.ended(1, 'escalated')).toMatchObject({ head: expect.stringMatching(/^[0-9a-f]{40}$/) });
    expect(app.runs(1)).toMatchObject([{ outcome: 'timed_out' }]);
  });

  it('an agent works on while Orch is restarted, and pushes to the new one', async () => {
    const patient = `until test -e go; do sleep 0.05; done; ${GOOD_AGENT}`;
    await using app = await startSandboxed({ agents: { patient } });
    const tree = join(app.home, 'workspaces/T1.1/tree');
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    await app.until(() => app.task(1)?.state === 'running');
    await app.stop();
    await app.start();
    writeFileSync(join(tree, 'go'), '');
    expect(await app.ended(1, 'completed')).toMatchObject({ pull: 2 });
    expect(app.runs(1)).toHaveLength(1);
  });

  it('a task that failed in passing is tried again in a sandbox of its own', async () => {
    const script = `test ! -e ~/mark || exit 9; touch ~/mark /tmp/mark; if git log --oneline | grep -q Fix; then gh pr create -f; else ${COMMIT}; git push -q; exit 1; fi`;
    await using app = await startSandboxed({ agents: { crashing: script } });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    await app.ended(1, 'completed');
    expect(app.runs(1).map(run => run.outcome)).toEqual(['crashed', 'succeeded']);
  });
});
