import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { stringify } from 'yaml';
import { closeTerminals, openTerminals } from '../../src/agent/terminals.ts';
import { askDaemon } from '../../src/cli/daemon-client.ts';
import { homePaths } from '../../src/config/paths.ts';
import { addToken } from '../../src/config/tokens.ts';
import type { TaskView } from '../../src/record/views.ts';
import { silentLog } from '../../src/shared/log.ts';
import type { JobRecord } from '../../src/simulator/runner/run-job.ts';
import { ACTION, startTestAction, type TestAction } from '../support/action.ts';
import { GOOD_AGENT, REPOSITORY, repositoryOf, testSettings } from '../support/app.ts';
import { removeGroups } from '../support/groups.ts';
import { address, line, ORCH, serve } from '../support/serve.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** Waits for a file beside the desk before it does what an agent should. */
const PATIENT = `while [ ! -e "$HOME/go" ]; do sleep 0.1; done; ${GOOD_AGENT}`;

const workflow = (on: string, ...steps: string[]) => `on: ${on}
permissions: {}
jobs:
  task:
    runs-on: [self-hosted, orch]
    steps:
${steps.map(step => `      - ${step}`).join('\n')}
`;

describe('a job, with the App on the same host', () => {
  const stack = new AsyncDisposableStack();
  let action: TestAction;
  let home: string;
  let url: string;
  let token: string;
  beforeAll(async () => {
    home = stack.use(await temporaryDirectory()).path;
    const env = { ORCH_HOME: home, ORCH: `${process.execPath} ${ORCH}` };
    action = stack.use(await startTestAction({ agents: { patient: PATIENT }, env }));
    // The App is told nothing, and nothing is for it to ask for again.
    const deaf = createServer((_request, response) => void response.end()).listen(0, '127.0.0.1');
    await once(deaf, 'listening');
    stack.defer(() => void deaf.close());
    action.github.setWebhook(`http://127.0.0.1:${(deaf.address() as AddressInfo).port}/`);
    const settings = { ...testSettings({}), api: { enabled: true, tokens_file: './tokens' } };
    stack.defer(() => rest(home));
    const app = serve(home, { ...action.github.credentials, PORT: '0' }, stringify(settings));
    stack.defer(async () => {
      app.kill('SIGTERM');
      await app;
    });
    url = await line(app, address);
    token = addToken(join(home, 'tokens'), 'workflow', 'operate');
  });
  afterAll(async () => await stack.disposeAsync());

  it('hands over what a comment asks for, and ends with the task', async () => {
    await action.writeWorkflow(
      'orch.yml',
      workflow('issue_comment', `{ uses: ${ACTION}@v1, with: { mode: enqueue } }`),
    );
    await action.github.comment(REPOSITORY, 1, '/orch fix the total', 'writer');
    expect((await jobOf('/orch fix the total')).steps[0]).toMatchObject({
      conclusion: 'success',
      outputs: { task: 'T1', status: 'completed', 'pull-request-number': '2' },
    });
    const pull = repositoryOf(action.github).issues.get(2);
    expect(pull?.user.login).toBe('orch-simulated[bot]');
    expect(pull?.body).toContain('T1, asked by @writer.');

    await action.github.comment(REPOSITORY, 1, '/orch and more', 'reader');
    expect((await jobOf('/orch and more')).steps[0]).toMatchObject({
      conclusion: 'failure',
      outputs: { status: 'failed' },
      annotations: [{ title: 'Orch: E_NO_ACCESS', message: expect.stringContaining('Sorry, `reader`') }],
    });
  });

  it('hands over at an address what the workflow asks for, and does not wait', async () => {
    const to = (given: string) =>
      `{ uses: ${ACTION}@v1, with: { mode: enqueue, task: tidy up, wait: false, ${given} } }`;
    const down = to(`api-url: 'http://127.0.0.1:9', api-token: none`);
    await action.writeWorkflow(
      'orch.yml',
      workflow('issues', to(`api-url: '${url}', api-token: ${token}`), down),
    );
    await action.github.setLabel(REPOSITORY, 1, 'bug', 'writer');
    const [handed, refused] = (await jobOf('bug')).steps;
    expect(handed).toMatchObject({ conclusion: 'success', outputs: { task: 'T2' } });
    expect(refused).toMatchObject({
      conclusion: 'failure',
      outputs: { task: '', status: 'failed' },
      annotations: [
        {
          title: 'Orch: E_NO_DAEMON',
          message:
            'E_NO_DAEMON: No Orch answers at http://127.0.0.1:9: ECONNREFUSED. See that it runs there, and that `api-url` is the address of its API.',
        },
      ],
    });
    const task = await askDaemon<TaskView>(home, 'GET', '/api/tasks/T2/wait', { patienceMs: 61_000 });
    expect(task).toMatchObject({ status: 'completed', issue: null, requester: 'writer' });
  });

  it('leaves a desk that it has started, and its agents, when it ends', async () => {
    const folder = join(home, 'runner');
    mkdirSync(folder);
    const desk = join(folder, 'desk', '.orch');
    stack.defer(() => end(desk));
    const script = [
      'grep -q again $GITHUB_EVENT_PATH || exit 0',
      `set -e; unset ORCH_HOME && export HOME=${folder}; git init -q -b main $HOME/desk; cd $HOME/desk`,
      'git config user.name Ann; git config user.email ann@example.com',
      'echo a > a; git add a; git commit -qm a; $ORCH start; $ORCH add go on',
    ].join('; ');
    await action.writeWorkflow('orch.yml', workflow('issues', `run: '${script}'`));
    await action.github.setLabel(REPOSITORY, 1, 'again', 'writer');
    const [step] = (await jobOf('again')).steps;
    expect(step?.lines.at(-1)).toBe('T1 is queued.');
    writeFileSync(join(folder, 'go'), '');
    expect(await askDaemon(desk, 'GET', '/api/tasks/T1/wait', { patienceMs: 61_000 })).toMatchObject({
      status: 'completed',
    });
  });

  /** The job of what somebody has written, or labelled: what Orch writes makes jobs too. */
  async function jobOf(words: string): Promise<JobRecord> {
    for (let number = 1; ; number += 1) {
      const record = await action.ended(number);
      const { comment, label } = record.job.event.payload as { comment?: Named; label?: Named };
      if (comment?.body === words || label?.name === words) return record;
    }
  }
});

interface Named {
  body?: string;
  name?: string;
}

/** Ends a daemon that is in the background, with its agents. */
async function end(home: string): Promise<void> {
  const ask = () => askDaemon(home, 'POST', '/api/orchestrator/stop', { sent: { now: true } });
  await vi.waitFor(() => expect(ask()).rejects.toMatchObject({ code: 'E_NO_DAEMON' }), { timeout: 15_000 });
  await rest(home);
}

/** Leaves no terminal of it behind. */
async function rest(home: string): Promise<void> {
  await closeTerminals(openTerminals({ directory: homePaths(home).tmux, log: silentLog() }));
  removeGroups(home);
}
