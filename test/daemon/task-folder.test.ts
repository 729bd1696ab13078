import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startTaskFolder } from '../../src/daemon/task-folder.ts';
import type { Ask } from '../../src/forge/wish.ts';
import { cancel, changeState, retry } from '../../src/queue/change.ts';
import { enqueue } from '../../src/queue/enqueue.ts';
import { OrchError } from '../../src/shared/errors.ts';
import { silentLog } from '../../src/shared/log.ts';
import type { Task } from '../../src/task/glossary.ts';
import { fakeClock } from '../support/clock.ts';
import { aRequest, claimed, memoryStore, NOW } from '../support/tasks.ts';
import { temporaryDirectory } from '../support/temporary.ts';

async function bench() {
  const place = await temporaryDirectory();
  const store = memoryStore();
  const directory = join(place.path, 'tasks');
  let dies = false;
  const ask: Ask = async wishes => {
    const asked = store.transaction(() =>
      wishes.map(({ instruction, source }) => {
        if (instruction === 'none') throw new OrchError('E_UNKNOWN_AGENT', 'no');
        return { ...enqueue(store, aRequest({ instruction, source: source as string }), NOW, 3), notes: [] };
      }),
    );
    if (dies) throw new Error('this process is dead');
    return asked;
  };
  const clock = fakeClock(NOW);
  const start = () => startTaskFolder({ directory, store, ask, clock, log: silentLog() });
  let folder = start();
  return {
    store,
    directory,
    path: (name: string) => join(directory, name),
    /** Two looks, or so many. */
    look: async (times = 2) => await clock.advance(times * 2000),
    async crash() {
      await folder.stop();
      folder = start();
    },
    dieAfterQueueing(on: boolean) {
      dies = on;
    },
    list: () =>
      ['pending', 'assigned', 'completed', 'failed'].flatMap(each =>
        readdirSync(join(directory, each)).map(name => `${each}/${name}`),
      ),
    read: (name: string) => readFileSync(join(directory, name), 'utf8'),
    write: (name: string, text: string) => writeFileSync(join(directory, 'pending', name), text),
    async [Symbol.asyncDispose]() {
      await folder.stop();
      store.close();
      await place[Symbol.asyncDispose]();
    },
  };
}

const TWO = '- description: first\n- description: second\n';

describe('the folder of task files', () => {
  it('queues the tasks of a file, and lays the result beside it when they are over', async () => {
    await using at = await bench();
    at.write('two.yaml', TWO);
    at.write('notes.txt', 'not for Orch');
    await at.look();
    expect(at.list()).toEqual(['pending/notes.txt', 'assigned/two.yaml', 'assigned/two.yaml.tasks']);
    const { store } = at;
    for (const _ of [1, 2]) {
      const task = claimed(store)?.task as Task;
      changeState(store, task, 'completed', NOW);
      await at.look();
    }
    expect(at.list()).toEqual(['pending/notes.txt', 'completed/two.yaml', 'completed/two.yaml.result.json']);
    expect(JSON.parse(at.read('completed/two.yaml.result.json'))).toMatchObject({
      file: 'two.yaml',
      tasks: [
        { id: 'T1', status: 'completed', instruction: 'first' },
        { id: 'T2', status: 'completed' },
      ],
    });
  });

  it('has a file among the failed ones when one of its tasks is, under a free name', async () => {
    await using at = await bench();
    for (const number of [1, 2]) {
      at.write('one.yml', `description: try ${number}`);
      await at.look();
      cancel(at.store, number, 'no', NOW);
      await at.look();
    }
    expect(at.list()).toEqual([
      'failed/one.yml',
      'failed/one.yml.2',
      'failed/one.yml.2.result.json',
      'failed/one.yml.result.json',
    ]);
    expect(at.read('failed/one.yml.2.result.json')).toContain('"status": "cancelled"');
  });

  it('queues nothing twice when it is ended at any step', async () => {
    await using at = await bench();
    at.dieAfterQueueing(true);
    at.write('two.yaml', TWO);
    await at.look();
    expect(at.list()).toEqual(['pending/two.yaml']);
    at.dieAfterQueueing(false);
    await at.crash();
    // The list was written, and the file not moved.
    writeFileSync(at.path('assigned/two.yaml.tasks'), '[1');
    await at.look();
    expect(at.list()).toEqual(['assigned/two.yaml', 'assigned/two.yaml.tasks']);
    expect(JSON.parse(at.read('assigned/two.yaml.tasks'))).toEqual([1, 2]);
    expect(at.store.tasks.list(10)).toHaveLength(2);
    for (const id of [1, 2]) cancel(at.store, id, 'no', NOW);
    // The result was written, and the file not moved.
    writeFileSync(at.path('failed/two.yaml.result.json'), 'half');
    await at.crash();
    await at.look();
    expect(at.list()).toEqual(['failed/two.yaml', 'failed/two.yaml.result.json']);
  });

  it.each([
    ['unknown keys', 'descripton: x', 'line 1: `descripton`: unknown setting; did you mean `description`?'],
    ['tasks that can not be', 'description: none', 'E_UNKNOWN_AGENT: no.'],
    [
      'a circle',
      '{ id: a, description: a, dependencies: [a] }',
      'E_CYCLE: These tasks wait for each other: a → a.',
    ],
    ['nothing', '', 'E_TASK_FILE: '],
  ])('puts one with %s among the failed, with the reason', async (_, text, says) => {
    await using at = await bench();
    at.write('bad.yaml', text);
    await at.look();
    expect(at.list()).toEqual(['failed/bad.yaml', 'failed/bad.yaml.error']);
    expect(at.read('failed/bad.yaml.error')).toContain(says);
    expect(at.store.tasks.list(10)).toEqual([]);
  });

  it('follows no links, and waits for files that are still written, and for room in the queue', async () => {
    await using at = await bench();
    writeFileSync(join(at.directory, 'secret.yaml'), TWO);
    symlinkSync(join(at.directory, 'secret.yaml'), at.path('pending/link.yaml'));
    mkdirSync(at.path('pending/folder.yaml'));
    at.write('full.yaml', `${TWO}- description: third\n- description: fourth\n`);
    await at.look();
    expect(at.list()).toEqual([
      'pending/full.yaml',
      'failed/folder.yaml',
      'failed/folder.yaml.error',
      'failed/link.yaml',
      'failed/link.yaml.error',
    ]);
    for (const text of ['description: one', 'description: one and two']) {
      at.write('slow.yaml', text);
      await at.look(1);
      expect(at.store.tasks.list(10)).toEqual([]);
    }
    await at.look(1);
    expect(at.store.tasks.get(1)?.instruction).toBe('one and two');
    expect(existsSync(join(at.directory, 'secret.yaml'))).toBe(true);
  });

  it('takes a file of the same name when the one before is over, and the same file anew when it is written again', async () => {
    await using at = await bench();
    at.write('two.yaml', TWO);
    await at.look();
    at.write('two.yaml', 'description: later');
    await at.look();
    expect(at.store.tasks.list(10)).toHaveLength(2);
    for (const id of [1, 2]) cancel(at.store, id, 'no', NOW);
    await at.look();
    expect(at.store.tasks.get(3)).toMatchObject({ instruction: 'later' });
    retry(at.store, 1, 'again', NOW);
    expect(at.list()).toContain('failed/two.yaml');
  });
});
