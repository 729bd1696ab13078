import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { homePaths } from '../../src/config/paths.ts';
import { brokerStage } from '../../src/daemon/broker-stage.ts';
import { silentLog } from '../../src/shared/log.ts';
import { openSecrets } from '../../src/shared/secrets/secrets.ts';
import { runName, type Task } from '../../src/task/glossary.ts';
import { fakeClock } from '../support/clock.ts';
import { memoryStore, started } from '../support/tasks.ts';
import { temporaryDirectory } from '../support/temporary.ts';

it('an agent that asks for ever asks GitHub no more, and what it left is taken all the same', async () => {
  await using home = await temporaryDirectory();
  using store = memoryStore();
  const { task, run } = started(store);
  store.tasks.update(task.id, run.epoch, { branch: 'orch/T1-fix', target: 'main', baseSha: sha(0) });
  const paths = homePaths(home.path);
  let calls = 0;
  const git = {
    receive: async () => {},
    isAhead: async () => true,
    keepTip: async () => {},
    push: async () => ({ kind: 'pushed' }),
  };
  await using broker = brokerStage({
    store,
    clock: fakeClock(),
    log: silentLog(),
    paths,
    secrets: openSecrets(),
    checkpoint: async () => ({ number: 1, created: true }),
    git: git as never,
    forge: {
      name: 'GitHub',
      pulls: { open: async () => ({ number: 1, url: '', created: false }) },
      confirm: async () => void calls++,
    } as never,
  });
  await broker.stage.open(store.tasks.get(task.id) as Task, run);
  const ask = async (question: object) => {
    const socket = connect(`${paths.sockets(runName(run.task, run.number))}/broker.sock`);
    socket.end(`${JSON.stringify(question)}\n`);
    return JSON.parse(await text(socket));
  };
  const push = (n: number) =>
    ask({ kind: 'push', ref: 'refs/heads/orch/T1-fix', old: n > 1 ? sha(n - 1) : null, new: sha(n) });
  const pull = { kind: 'pull', title: 'Fix', body: '', base: null, draft: false };

  for (let n = 1; n <= 100; n++) expect(await push(n)).toEqual({ ok: true });
  for (let n = 1; n <= 100; n++) expect(await ask(pull)).toMatchObject({ ok: true });
  expect(await push(101)).toMatchObject({
    code: 'E_PUSH_REFUSED',
    remedy: expect.stringContaining('Commit'),
  });
  expect(await ask(pull)).toMatchObject({ code: 'E_PUSH_REFUSED' });
  expect(calls).toBe(200);

  broker.rescuing(run, true);
  expect(await push(101)).toEqual({ ok: true });
});

function sha(n: number): string {
  return `${n}`.padStart(39, '0').padStart(40, 'a');
}
