import { appendFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { attach } from '../../src/cli/attach.ts';
import { change } from '../../src/cli/change.ts';
import { askDaemon } from '../../src/cli/daemon-client.ts';
import { findHome } from '../../src/cli/home.ts';
import { tell } from '../../src/cli/say.ts';
import { logs } from '../../src/cli/session.ts';
import { show } from '../../src/cli/show.ts';
import { status } from '../../src/cli/status.ts';
import { tasks } from '../../src/cli/tasks.ts';
import { cancel, endRun } from '../../src/queue/change.ts';
import { memoryStore, NOW, queued, started } from '../support/tasks.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { daemon, place, printed } from './place.ts';

/** What it has printed so far. */
function shownSoFar(): string {
  return vi.mocked(process.stdout.write).mock.calls.join('');
}

afterEach(() => vi.unstubAllEnvs());

describe('the commands', () => {
  it('print what the daemon says, as text and as JSON', async () => {
    using store = memoryStore();
    await using here = await place();
    await using _api = await daemon(here, store);
    const home = join(here.path, '.orch');
    const { run } = started(store, { instruction: 'fix it' });
    endRun(store, run, { outcome: 'crashed', exitCode: 1, reason: null, lastWords: null }, NOW);
    queued(store, { instruction: 'do more' });
    writeFileSync(join(home, 'logs', 'T1.1.log'), 'hello\n');

    expect(await printed(home, () => status({}))).toMatch(/1 queued, 1 starting.*T2 +queued.*T1 +starting/s);
    expect(JSON.parse(await printed(home, () => status({ json: true })))).toMatchObject({ pid: 99 });
    expect(await printed(home, () => tasks({ limit: '1' }))).toMatch(/do more\n$/);
    expect(await printed(home, () => tasks({ limit: '9', status: 'failed' }))).toBe('No tasks.\n');
    expect(JSON.parse(await printed(home, () => tasks({ limit: '9', json: true })))).toHaveLength(2);
    expect(await printed(home, () => show('T1', {}))).toMatch(/T1\.1 +claude-1 .*crashed/);
    expect(JSON.parse(await printed(home, () => show('T1', { json: true })))).toMatchObject({ id: 'T1' });
    expect(await printed(home, () => logs('T1', {}))).toBe('hello\n');
    expect(await printed(home, () => tell('T1', ['use', 'the new API'], {}))).toContain('T1 is starting.');
    expect(await printed(home, () => show('T1', {}))).toMatch(/the command line +not yet +use the new API/);
    expect(await printed(home, () => tell('T1', ['too'], { json: true }))).toContain('"question": null');
    await expect(printed(home, () => tell('T1', [' '], {}))).rejects.toMatchObject({ code: 'E_USAGE' });
    expect(await printed(home, () => change('pause', 'T1', {}))).toBe('T1 is paused.\n');
    expect(await printed(home, () => change('resume', 'T1', {}))).toBe('T1 is queued.\n');
    expect(await printed(home, () => change('cancel', 'T1', {}))).toBe('T1 is cancelled.\n');
    expect(await printed(home, () => logs('T1', { follow: true }))).toBe('hello\n');
    expect(await printed(home, () => change('retry', 'T1', { json: true }))).toContain('"queued"');
    await expect(printed(home, () => logs('T2', {}))).rejects.toMatchObject({ code: 'E_TASK_STATE' });
    await expect(printed(home, () => attach('nothing', {}))).rejects.toMatchObject({
      code: 'E_UNKNOWN_TASK',
    });
  });

  it('say what will collide, and files can not move the cursor', async () => {
    using store = memoryStore();
    await using here = await place();
    await using _api = await daemon(here, store);
    const home = join(here.path, '.orch');
    started(store, { instruction: 'fix it' });
    queued(store, { instruction: 'do more' });
    const files = ['a\u001b[2J.js', 'b.js', 'c.js', 'd.js', 'e.js'];
    store.overlaps.put(1, [
      { other: 2, conflicts: true, files },
      { other: null, conflicts: false, files: ['a.js'] },
    ]);
    const said = ['conflicts with T2 in a[2J.js, b.js, c.js, 2 more', 'and its base both work on a.js'];
    const shown = await printed(home, () => status({}));
    for (const each of said) expect(shown).toContain(`T1 ${each}\n`);
    expect(await printed(home, () => show('T1', {}))).toContain(`${said[1]}\n${said[0]}\n`);
    expect(JSON.parse(await printed(home, () => show('T1', { json: true })))).toMatchObject({
      overlaps: [{ with: null }, { with: 'T2', conflicts: true, files }],
    });
  });

  it('print the lines of JSON of a CLI, without what looks like a token or moves the cursor', async () => {
    await using here = await place();
    const home = join(here.path, '.orch');
    await expect(printed(home, () => logs('T1.1', { raw: true }))).rejects.toMatchObject({
      message: 'T1.1 has no events',
    });
    mkdirSync(join(home, 'runs', 'T1.1'), { recursive: true });
    const token = `ghp_${'a1'.repeat(20)}`;
    writeFileSync(join(home, 'runs', 'T1.1', 'events.jsonl'), `{"a":"\\u001b"}\n\u001b[2J${token}\n`);
    const lines = (await printed(home, () => logs('T1.1', { raw: true }))).split('\n');
    expect(lines).toEqual(['{"a":"\\u001b"}', expect.not.stringContaining('a1a1'), '']);
    expect(lines[1]).not.toContain('\u001b');
  });

  it('follow the lines of JSON until the task is over: each when it is whole, a token that came in two parts too', async () => {
    using store = memoryStore();
    await using here = await place();
    await using _api = await daemon(here, store);
    const home = join(here.path, '.orch');
    const file = join(home, 'runs', 'T1.1', 'events.jsonl');
    const { task } = started(store);
    const token = `ghp_${'a1'.repeat(20)}`;
    const later: [shown: string, next: () => void][] = [
      ['', () => writeFileSync(file, `{"n":1}\n{"token":"${token.slice(0, 9)}`)],
      ['{"n":1}', () => appendFileSync(file, `${token.slice(9)}"}\n{"n":3}`)],
      ['"token"', () => void cancel(store, task.id, 'no', NOW)],
    ];
    const { get } = store.tasks;
    // Who follows looks for the run, then again and again whether it is over.
    store.tasks.get = id => {
      const [shown, next] = later[0] ?? [];
      if (next && existsSync(dirname(file)) && shownSoFar().includes(shown ?? '')) {
        later.shift();
        next();
      }
      return get(id);
    };
    const lines = (await printed(home, () => logs('T1', { raw: true, follow: true }))).split('\n');
    expect(lines).toEqual(['{"n":1}', expect.stringMatching(/^\{"token":".*"\}$/), '{"n":3}', '']);
    expect(lines[1]).not.toContain('a1a1');
  });

  it('take over at a terminal alone, and tell who has', async () => {
    using store = memoryStore();
    await using here = await place();
    await using _api = await daemon(here, store);
    const home = join(here.path, '.orch');
    const { run } = started(store);
    await expect(printed(home, () => attach('T1', { takeOver: true }))).rejects.toMatchObject({
      code: 'E_USAGE',
      message: 'Taking over needs a terminal',
    });
    expect(store.tasks.get(1)?.state).toBe('starting');
    store.runs.update(run, { keyboard: 'ann', spawnedAt: NOW });
    expect(await printed(home, () => show('T1', {}))).toContain(
      'keyboard: ann, since 2027-01-15T08:00:00.000Z',
    );
  });

  it('join no terminal that is not there', async () => {
    await using here = await place();
    await expect(printed(join(here.path, '.orch'), () => attach('T1.1', {}))).rejects.toMatchObject({
      code: expect.stringMatching(/^E_(TASK_STATE|MISSING_PROGRAM)$/),
    });
  });

  it('find the home folder in the settings that are named', async () => {
    await using here = await place();
    const file = join(here.path, 'orch.yaml');
    writeFileSync(file, `orchestrator: { home: ${here.path}/there }\n`);
    vi.stubEnv('ORCH_HOME', '');
    expect(await findHome({ config: file })).toBe(join(here.path, 'there'));
    await expect(findHome({ config: join(here.path, 'none.yaml') })).rejects.toMatchObject({
      code: 'E_SETTINGS',
    });
  });
});

describe('a daemon', () => {
  it('that is not there, or hangs up, is told as missing', async () => {
    await using home = await temporaryDirectory();
    const missing = { code: 'E_NO_DAEMON', message: expect.stringContaining(home.path) };
    await expect(askDaemon(home.path, 'GET', '/')).rejects.toMatchObject(missing);
    const server = createServer((_request, response) => response.destroy());
    await new Promise<void>(resolve => server.listen(join(home.path, 'daemon.sock'), resolve));
    await expect(askDaemon(home.path, 'GET', '/')).rejects.toMatchObject(missing);
    await new Promise(resolve => server.close(resolve));
  });
});
