import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { homePaths } from '../../src/config/paths.ts';
import { brokerStage } from '../../src/daemon/broker-stage.ts';
import { silentLog } from '../../src/shared/log.ts';
import { openSecrets } from '../../src/shared/secrets/secrets.ts';
import { type Run, runName, type Task } from '../../src/task/glossary.ts';
import { fakeClock } from '../support/clock.ts';
import { memoryStore, NOW, started } from '../support/tasks.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** A run's broker with a forge that takes all, and the way to ask it. */
async function opened(changes: Partial<Run> = {}) {
  await using stack = new AsyncDisposableStack();
  const home = stack.use(await temporaryDirectory());
  const store = stack.use(memoryStore());
  const { task, run } = started(store);
  store.runs.update(run, { spawnedAt: NOW, ...changes });
  store.tasks.update(task.id, run.epoch, { branch: 'orch/T1-fix', target: 'main', baseSha: sha(0) });
  const paths = homePaths(home.path);
  const asked = { times: 0 };
  const git = {
    receive: async () => {},
    isAhead: async () => true,
    keepTip: async () => {},
    push: async () => ({ kind: 'pushed' }),
  };
  const broker = stack.use(
    brokerStage({
      store,
      clock: fakeClock(),
      log: silentLog(),
      paths,
      secrets: openSecrets(),
      checkpoint: async () => ({ number: 1, created: true }),
      plans: { make() {} },
      git: git as never,
      forge: {
        name: 'GitHub',
        pulls: { open: async () => ({ number: 1, url: '', created: false }) },
        confirm: async () => void asked.times++,
      } as never,
    }),
  );
  await broker.stage.open(store.tasks.get(task.id) as Task, store.runs.get(task.id, 1) as Run);
  const ask = async (question: object) => {
    const socket = connect(`${paths.sockets(runName(run.task, run.number))}/broker.sock`);
    socket.end(`${JSON.stringify(question)}\n`);
    return JSON.parse(await text(socket));
  };
  const owned = stack.move();
  return { store, run, broker, asked, ask, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

it('an agent that asks for ever asks GitHub no more, and what it left is taken all the same', async () => {
  await using one = await opened();
  const { ask, broker, run } = one;
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
  expect(one.asked.times).toBe(200);

  broker.rescuing(run, true);
  expect(await push(101)).toEqual({ ok: true });
});

it('who has the keyboard can not call the task done', async () => {
  await using one = await opened({ keyboard: 'ann' });
  expect(await one.ask({ kind: 'done', summary: null })).toMatchObject({
    code: 'E_TASK_STATE',
    message: 'ann has the keyboard',
  });
  expect(one.store.runs.get(1, 1)?.doneAt).toBeNull();
});

function sha(n: number): string {
  return `${n}`.padStart(39, '0').padStart(40, 'a');
}
