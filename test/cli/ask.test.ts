import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { add } from '../../src/cli/add.ts';
import { run } from '../../src/cli/run.ts';
import type { Ask, AskedAt } from '../../src/forge/wish.ts';
import { OPTION_HELP, type OptionName, plainHelp } from '../../src/help/options.ts';
import { createProgram } from '../../src/program.ts';
import { cancel, changeState } from '../../src/queue/change.ts';
import { OrchError } from '../../src/shared/errors.ts';
import type { Store } from '../../src/store/open.ts';
import { memoryStore, NOW, queued, started } from '../support/tasks.ts';
import { daemon, place, printed } from './place.ts';

afterEach(() => {
  vi.unstubAllEnvs();
  process.exitCode = undefined;
});

/** Calls back once the journal has an event of this type. */
function when(store: Store, type: string, call: () => void): void {
  const news = store.journal.onAppend(() => {
    if (!store.journal.after(0, 1000).some(event => event.type === type)) return;
    news[Symbol.dispose]();
    setImmediate(call);
  });
}

describe('orch add', () => {
  it.each([
    [' \n', 'The instruction is empty'],
    ['x'.repeat(40_000), 'The instruction is longer than 32 kB'],
  ])('refuses an instruction that is none', async (instruction, message) => {
    await expect(add([instruction], {})).rejects.toMatchObject({ code: 'E_USAGE', message });
  });

  it('queues what the words say, and says so', async () => {
    using store = memoryStore();
    await using here = await place();
    await using _api = await daemon(here, store);
    const home = join(here.path, '.orch');
    expect(await printed(home, () => add(['fix', 'the test'], { priority: 'high' }))).toBe('T1 is queued.\n');
    expect(store.tasks.get(1)).toMatchObject({ instruction: 'fix the test', priority: 'high' });
    expect(await printed(home, () => add(['fix the test'], {}))).toBe(
      'T1 is at it already: the same is asked for, and queued.\n',
    );
    expect(JSON.parse(await printed(home, () => add(['more'], { json: true })))).toMatchObject({
      id: 'T2',
      duplicate: false,
    });
    await expect(printed(home, () => add(['x'], { timeout: 'soon' }))).rejects.toMatchObject({
      code: 'E_USAGE',
      message: '`timeout` can\'t be "soon": it is how long a try may take: 1m to 24h, such as 1h30m',
    });
  });

  it('says where on GitHub, and who wants it: in a job, who started the workflow', async () => {
    using store = memoryStore();
    await using here = await place();
    const asked: (AskedAt | null)[] = [];
    const refuse: Ask = async (_wishes, at) => {
      asked.push(at);
      throw new OrchError('E_NO_ACCESS', 'Sorry');
    };
    await using _api = await daemon(here, store, { ask: refuse });
    const home = join(here.path, '.orch');
    const file = join(here.path, 'tasks.yaml');
    writeFileSync(file, 'description: a');
    const repository = 'acme/shop';
    const ask = (words: string[], options: object) =>
      expect(printed(home, () => add(words, options))).rejects.toMatchObject({ code: 'E_NO_ACCESS' });
    await ask(['a'], { repository, issue: '12', requester: 'ann' });
    await ask([], { repository, requester: 'ann', file });
    vi.stubEnv('GITHUB_ACTOR', 'bea');
    await ask(['a'], { repository });
    await ask(['a'], {});
    const nowhere = { repository, issue: null };
    expect(asked).toEqual([
      { repository, issue: 12, requester: 'ann' },
      { ...nowhere, requester: 'ann' },
      { ...nowhere, requester: 'bea' },
      null,
    ]);
  });

  it('as a process reads standard input, and ends as the answer says', async () => {
    using store = memoryStore();
    await using here = await place();
    await using _api = await daemon(here, store);
    expect(await here.orch(['add', '-'], {}, 'fix it\nand more\n')).toEqual({
      stdout: 'T1 is queued.',
      stderr: '',
      exitCode: 0,
    });
    expect(store.tasks.get(1)?.instruction).toBe('fix it\nand more');
    const refused = await here.orch(['add', '--budget', 'much', '--json', 'fix', 'it']);
    expect(refused).toMatchObject({ stdout: '', exitCode: 2 });
    expect(JSON.parse(refused.stderr)).toMatchObject({ code: 'E_USAGE', exit: 2 });
  });

  it('queues the tasks of a file, which say themselves what they want', async () => {
    using store = memoryStore();
    await using here = await place();
    await using _api = await daemon(here, store);
    const home = join(here.path, '.orch');
    const file = join(here.path, 'tasks.yaml');
    writeFileSync(
      file,
      '- { id: test, description: test it, dependencies: [build] }\n- { id: build, description: build it }\n',
    );
    expect(await printed(home, () => add([], { file }))).toMatch(
      /^TASK .*\nT1 .* build it\nT2 .* test it\n$/,
    );
    for (const [words, options] of [
      [['x'], { file }],
      [[], { file, agent: 'claude' }],
      [[], { file: join(here.path, 'none.yaml') }],
      [[], {}],
    ] as const)
      await expect(printed(home, () => add(words, options))).rejects.toMatchObject({ code: 'E_USAGE' });
  });

  it.each([
    ['add', 1],
    ['run', 0],
  ] as const)('%s takes the options of comments', (name, more) => {
    const command = createProgram('orch').commands.find(each => each.name() === name);
    const options = command?.options.map(({ long, description }) => [long, description]) ?? [];
    const known = Object.keys(OPTION_HELP).map(flag => [`--${flag}`, plainHelp(flag as OptionName)]);
    expect(options).toEqual(expect.arrayContaining(known));
    expect(options.length).toBe(known.length + 5 + more);
  });
});

describe('orch run', () => {
  it('tells how the task goes, and how it has ended', async () => {
    using store = memoryStore();
    await using here = await place();
    await using _api = await daemon(here, store);
    when(store, 'task:queued', () => {
      const { task } = started(store, { instruction: 'fix it' });
      store.transaction(() => store.journal.append(NOW, 1, 'task:question', { question: 'Which one?' }));
      store.tasks.update(1, task.epoch, { pull: 1, pullUrl: 'https://github.test/1', pullState: 'open' });
      changeState(store, store.tasks.get(1) ?? task, 'completed', NOW);
    });
    const text = await printed(join(here.path, '.orch'), () => run(['fix it'], {}));
    const at = new Date(NOW).toTimeString().slice(0, 8);
    expect(text.split('\n')).toEqual([
      'T1 is queued.',
      `${at}  queued → starting`,
      `${at}  taken by claude-1: the only agent`,
      `${at}  the agent asks: Which one?`,
      '          Answer with: orch say T1 TEXT',
      `${at}  starting → completed`,
      'T1 is completed. Pull request: https://github.test/1',
      '',
    ]);
    expect(process.exitCode).toBe(0);
  });

  it('ends with 1 when the task fails, and goes on with a daemon that is started again', async () => {
    using store = memoryStore();
    await using here = await place();
    let api = await daemon(here, store);
    when(store, 'task:queued', async () => {
      await api[Symbol.asyncDispose]();
      api = await daemon(here, store);
      cancel(store, 1, 'no more', NOW);
    });
    const home = join(here.path, '.orch');
    const told = JSON.parse(await printed(home, () => run(['fix it'], { json: true })));
    expect(told).toMatchObject({ id: 'T1', status: 'cancelled', reason: 'no more', duplicate: false });
    expect(process.exitCode).toBe(1);
    await api[Symbol.asyncDispose]();
  });

  it('is refused as adding is', async () => {
    using store = memoryStore();
    await using here = await place();
    await using _api = await daemon(here, store);
    for (const n of [1, 2, 3]) queued(store, { instruction: `${n}` });
    await expect(printed(join(here.path, '.orch'), () => run(['x'], {}))).rejects.toMatchObject({
      code: 'E_QUEUE_FULL',
    });
  });
});
