import { describe, expect, it } from 'vitest';
import { loadSettings } from '../../src/config/settings.ts';
import { readTaskFile } from '../../src/config/tasks/file.ts';
import { wishesOf } from '../../src/forge/wish.ts';
import { localAsk } from '../../src/local/ask.ts';
import { findRepository } from '../../src/local/repository.ts';
import { runProgram } from '../../src/shared/program.ts';
import { fakeClock } from '../support/clock.ts';
import { memoryStore, NOW } from '../support/tasks.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const FILE = `
- { id: ship, description: ship it, priority: high, dependencies: [build], subtasks: [notes] }
- { id: build, description: build it, context_files: [README.md] }
- { id: notes, description: write the notes, timeout_minutes: 5 }
`;

async function desk() {
  const place = await temporaryDirectory();
  const git = (...args: string[]) => runProgram('git', ['-C', place.path, ...args]);
  await git('init', '-q', '-b', 'main');
  await git('-c', 'user.name=Ann', '-c', 'user.email=ann@example.com', 'commit', '-qm', 'a', '--allow-empty');
  const { settings } = loadSettings({
    env: {},
    text: 'agents: { claude: { command: [claude] } }\ntask_queue: { max_size: 5 }',
  });
  const store = memoryStore();
  const ask = localAsk({
    store,
    clock: fakeClock(NOW),
    settings,
    repository: await findRepository(place.path),
  });
  return {
    store,
    ask,
    askFor: (text: string, source: string | null = null) => ask(wishesOf(readTaskFile(text), source), null),
    async [Symbol.asyncDispose]() {
      store.close();
      await place[Symbol.asyncDispose]();
    },
  };
}

it('takes nothing for GitHub, where nobody here is asked who may', async () => {
  await using place = await desk();
  const at = { repository: 'acme/shop', issue: null, requester: 'ann' };
  await expect(place.ask(wishesOf(readTaskFile('description: a'), null), at)).rejects.toMatchObject({
    code: 'E_USAGE',
    message: expect.stringContaining('at a desk'),
  });
  expect(place.store.tasks.list(1)).toEqual([]);
});

describe('a file of tasks', () => {
  it('is queued whole: each after those that it needs, and part of its parent', async () => {
    await using place = await desk();
    const { store, askFor } = place;
    const asked = await askFor(FILE);
    expect(asked.map(({ kind, task }) => [kind, task.instruction, task.parent, task.timeoutSeconds])).toEqual(
      [
        ['queued', 'build it', null, 1800],
        ['queued', 'write the notes', 3, 300],
        ['queued', 'ship it', null, 1800],
      ],
    );
    expect([1, 2, 3].map(store.dependencies.of)).toEqual([[], [1], [1, 2]]);
    expect(asked[0]?.task).toMatchObject({ contextFiles: ['README.md'], base: 'main', priority: 'normal' });
  });

  it('asks for the tasks that are open already, or that the same source has asked for', async () => {
    await using place = await desk();
    const { store, askFor } = place;
    await askFor(FILE, 'file:1');
    const kinds = async (source: string) =>
      (await askFor(FILE, source)).map(({ kind, task }) => `${kind} ${task.id}`);
    expect(await kinds('file:1')).toEqual(['known 1', 'known 2', 'known 3']);
    expect(await kinds('file:2')).toEqual(['duplicate 1', 'duplicate 2', 'duplicate 3']);
    expect(store.tasks.list(10)).toHaveLength(3);
  });

  it.each([
    [
      'an agent that is not there',
      `${FILE}- { description: more, preferred_agent: codex }`,
      'E_UNKNOWN_AGENT',
    ],
    [
      'a task that Orch does not have',
      `${FILE}- { description: more, dependencies: [T99] }`,
      'E_UNKNOWN_TASK',
    ],
    [
      'more than the queue takes',
      `${FILE}- description: a\n- description: b\n- description: c\n`,
      'E_QUEUE_FULL',
    ],
  ])('leaves nothing behind when it has %s', async (_, text, code) => {
    await using place = await desk();
    await expect(place.askFor(text)).rejects.toMatchObject({ code });
    expect(place.store.tasks.list(10)).toEqual([]);
  });
});
