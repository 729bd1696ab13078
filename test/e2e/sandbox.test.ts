import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
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
    expect(check?.conclusion).toBe('neutral');
    expect(check?.output.summary).toContain('in a sandbox (bubblewrap)');
  });

  it('an agent sees nothing of Orch but what its own run needs', async () => {
    const look = `cat .orch-context/current_state.md; echo x > .orch-context/current_state.md; find "$(dirname "$(dirname "$(dirname "$PWD")")")" -type f -o -type s; env; ${GOOD_AGENT}`;
    await using app = await startSandboxed({ agents: { good: look } });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    await app.ended(1, 'completed');
    const log = readFileSync(join(app.home, 'logs', 'T1.1.log'), 'utf8');
    const seen = log
      .split(/\r?\n/)
      .flatMap(line => (line.startsWith(app.home) ? [line.slice(app.home.length)] : []));
    expect(seen).toContain('/runs/T1.1/sockets/broker.sock');
    expect(log).toContain('# Current state');
    expect(log).toContain('Read-only file system');
    const allowed =
      /^\/(runs\/T1\.1\/(sockets\/|bin\/|prompt\.md)|workspaces\/T1\.1\/(tree|repository\.git|context)\/|stores\/.*\/objects\/)/;
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

  it('an agent reaches the hosts of the list by the proxy, also after a restart of Orch, and nothing else', async () => {
    const server = createServer((_, response) => response.end('from outside'));
    await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
    await using _server = {
      [Symbol.asyncDispose]: () => new Promise<void>(done => server.close(() => done())),
    };
    const { port } = server.address() as AddressInfo;
    const ask = (url: string, options = '') => `curl -sS -m 20 -w '%{http_code}' ${options} ${url} 2>&1`;
    const script = [
      `ask() { ${ask(`http://127.0.0.1:${port}/`, "--noproxy ''")}; ${ask(`http://127.0.0.1:${port}/`, "--noproxy '*'")}`,
      `  ${ask('http://evil.test/')}; }`,
      'ask >first; touch ready; until test -e go; do sleep 0.05; done; ask >second; sleep 300',
    ].join('\n');
    const sandbox = { kind: 'bwrap', allow_hosts: [`127.0.0.1:${port}`] };
    await using app = await startSandboxed({ agents: { curious: script }, settings: { sandbox } });
    const tree = join(app.home, 'workspaces/T1.1/tree');
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    await app.until(() => existsSync(join(tree, 'ready')));
    await app.until(() => app.task(1)?.state === 'running');
    await app.stop();
    writeFileSync(join(tree, 'go'), '');
    await app.start();
    const heard = (name: string) =>
      existsSync(join(tree, name)) ? readFileSync(join(tree, name), 'utf8') : '';
    const second = await app.until(() => {
      const text = heard('second');
      return /evil\.test.*403$/s.test(text) && text;
    });
    for (const text of [heard('first'), second]) {
      expect(text).toMatch(
        /^from outside200curl: .*(refused|connect).*000orch: evil.test:80 is refused: .*\n403$/s,
      );
    }
    expect(readFileSync(join(app.home, 'runs/T1.1/monitor.log'), 'utf8')).toContain(
      'evil.test:80 is refused',
    );
    await app.github.comment(REPOSITORY, 1, '/orch cancel', 'writer');
    await app.ended(1, 'cancelled');
  });

  it('an agent without network has none', async () => {
    const settings = { sandbox: { kind: 'bwrap', network: 'none' } };
    const look = "tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '; env | grep -i proxy; exit 0";
    await using app = await startSandboxed({ agents: { curious: look }, settings });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    await app.ended(1, 'failed');
    expect(app.runs(1)[0]?.lastWords?.trim()).toBe('lo');
  });
});
