import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import type { Connection } from '../../src/store/connection.ts';
import { openStoreFile } from '../../src/store/file.ts';
import { MIGRATIONS } from '../../src/store/migrations.ts';
import { openStore } from '../../src/store/open.ts';
import { aRequest, memory, memoryStore, NOW, queued } from '../support/tasks.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const OPEN = new URL('../../src/store/file.ts', import.meta.url).href;

/** Another process that opens the file, says so, and stays until its input ends. */
async function otherProcess(file: string): Promise<AsyncDisposable & { pid: number; kill(): Promise<void> }> {
  const program = `const { openStoreFile } = await import(${JSON.stringify(OPEN)});
    const store = openStoreFile(${JSON.stringify(file)}); console.log('open'); process.stdin.resume();
    process.stdin.on('end', () => store.close());`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const gone = new Promise<void>(resolve => child.once('exit', () => resolve()));
  await new Promise(resolve => child.stdout.once('data', resolve));
  return {
    pid: child.pid as number,
    async kill() {
      child.kill('SIGKILL');
      await gone;
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await gone;
    },
  };
}

describe('the database file', () => {
  it('keeps what was written, for its owner alone', async () => {
    await using home = await temporaryDirectory();
    const file = join(home.path, 'new', 'orch.db');
    const task = (() => {
      using store = openStoreFile(file);
      for (const name of [file, `${file}-wal`]) expect(statSync(name).mode & 0o777).toBe(0o600);
      expect(statSync(join(home.path, 'new')).mode & 0o777).toBe(0o700);
      return queued(store, { instruction: 'fix “ümläute”\u0000😀' });
    })();
    using again = openStoreFile(file);
    expect(again.tasks.get(task.id)).toEqual(task);
  });

  it('belongs to one process; a second one is told so, until the first is gone, even killed', async () => {
    await using home = await temporaryDirectory();
    const file = join(home.path, 'orch.db');
    await using other = await otherProcess(file);
    expect(() => openStoreFile(file)).toThrow(
      expect.objectContaining({ code: 'E_SECOND_DAEMON', message: `${file} is in use` }),
    );
    await other.kill();
    using store = openStoreFile(file);
    expect(store.tasks.countOpen()).toBe(0);
  });

  it('of a newer Orch is left alone', async () => {
    await using home = await temporaryDirectory();
    const file = join(home.path, 'orch.db');
    openStoreFile(file).close();
    const newer = new Database(file);
    newer.pragma(`user_version = ${MIGRATIONS.length + 1}`);
    newer.close();
    const before = readFileSync(file);
    expect(() => openStoreFile(file)).toThrow(
      expect.objectContaining({
        code: 'E_DATABASE_NEWER',
        message: `The database has version ${MIGRATIONS.length + 1}, and this Orch knows ${MIGRATIONS.length}`,
      }),
    );
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it('that is no database is named and left as it is', async () => {
    await using home = await temporaryDirectory();
    const file = join(home.path, 'orch.db');
    writeFileSync(file, 'This is a letter, not a database.'.repeat(100));
    expect(() => openStoreFile(file)).toThrow(
      expect.objectContaining({ code: 'E_DATABASE_DAMAGED', message: expect.stringContaining(file) }),
    );
    expect(readFileSync(file, 'utf8')).toMatch(/^This is a letter/);
  });

  it('that can be no file is named too', async () => {
    await using home = await temporaryDirectory();
    const folder = join(home.path, 'folder');
    const letter = join(home.path, 'letter');
    mkdirSync(folder);
    writeFileSync(letter, '');
    for (const file of [folder, join(letter, 'orch.db')])
      expect(() => openStoreFile(file)).toThrow(expect.objectContaining({ code: 'E_DATABASE' }));
  });

  it('is not held by an opening that failed', async () => {
    await using home = await temporaryDirectory();
    const file = join(home.path, 'orch.db');
    writeFileSync(file, 'no database at all, and long enough to be read as one');
    expect(() => openStoreFile(file)).toThrow();
    writeFileSync(file, '');
    openStoreFile(file).close();
    expect(existsSync(file)).toBe(true);
  });
});

describe('a migration', () => {
  it('leaves nothing when it fails half-way', () => {
    const connection = memory();
    const failing: Connection = {
      ...connection,
      prepare: sql => connection.prepare(sql),
      close: () => connection.close(),
      exec: sql => connection.exec(sql === MIGRATIONS[0] ? `${sql}; select no_such_function();` : sql),
    };
    expect(() => openStore(failing)).toThrow('no_such_function');
    expect(connection.prepare('select count(*) as count from sqlite_schema').get()).toEqual({ count: 0 });
    using store = openStore(connection);
    expect(store.tasks.countOpen()).toBe(0);
  });

  it('is made once', () => {
    const connection = memory();
    queued(openStore(connection));
    using store = openStore(connection);
    expect(store.tasks.countOpen()).toBe(1);
  });
});

describe('a transaction', () => {
  it('leaves nothing when its work throws, the journal included', () => {
    using store = memoryStore();
    expect(() =>
      store.transaction(() => {
        queued(store);
        throw new Error('power cut');
      }),
    ).toThrow('power cut');
    expect(store.tasks.list(10)).toEqual([]);
    expect(store.journal.behind('anyone')).toEqual([]);
  });

  it('inside another is a part of it', () => {
    using store = memoryStore();
    expect(() =>
      store.transaction(() => {
        store.transaction(() => queued(store));
        throw new Error('the outer one');
      }),
    ).toThrow('the outer one');
    expect(store.tasks.countOpen()).toBe(0);
    store.transaction(() => store.transaction(() => queued(store)));
    expect(store.tasks.countOpen()).toBe(1);
  });

  it('gives news once it is on disk, and none of what never came there', () => {
    using store = memoryStore();
    const heard: (number | string)[] = [];
    using _news = store.journal.onAppend(task => heard.push(task));
    expect(() =>
      store.transaction(() => {
        queued(store);
        throw new Error('no');
      }),
    ).toThrow('no');
    const task = store.transaction(() => {
      const made = queued(store);
      heard.push('still open');
      return made;
    });
    expect(heard).toEqual(['still open', task.id]);
    store.transaction.afterCommit(() => heard.push('at once'));
    expect(heard.at(-1)).toBe('at once');
  });

  it('can be begun by a listener, which hears of it in turn', () => {
    using store = memoryStore();
    let more = 3;
    const heard: number[] = [];
    using _news = store.journal.onAppend(task => {
      heard.push(task);
      if (more-- > 0) queued(store);
    });
    queued(store);
    expect(heard).toEqual([1, 2, 3, 4]);
  });

  it('reaches every listener, although one throws', () => {
    using store = memoryStore();
    const heard: string[] = [];
    using _bad = store.journal.onAppend(() => {
      heard.push('bad');
      throw new Error('a listener is broken');
    });
    using _good = store.journal.onAppend(task => heard.push(`good ${task}`));
    expect(() => queued(store)).toThrow('a listener is broken');
    expect(heard).toEqual(['bad', 'good 1']);
    expect(store.tasks.countOpen()).toBe(1);
    expect(() => store.transaction(() => 'goes on')).not.toThrow();
  });

  it('tells the first error when the database has rolled back by itself', () => {
    const connection = memory();
    const failing: Connection = {
      exec: sql => connection.exec(sql),
      close: () => connection.close(),
      prepare: sql => {
        const statement = connection.prepare(sql);
        if (sql !== 'rollback') return statement;
        return {
          ...statement,
          run() {
            statement.run();
            throw new Error('no transaction is active');
          },
        } as never;
      },
    };
    using store = openStore(failing);
    expect(() =>
      store.transaction(() => {
        throw new Error('database or disk is full');
      }),
    ).toThrow('database or disk is full');
    expect(() => queued(store)).not.toThrow();
  });
});

it("Node's own SQLite does as well", () => {
  using store = openStore(new DatabaseSync(':memory:') as unknown as Connection);
  const task = queued(store, { onPullRequest: true, priority: 'low' });
  expect(store.tasks.get(task.id)).toMatchObject({ onPullRequest: true, priority: 'low', state: 'queued' });
  expect(store.tasks.update(task.id, 0, { pull: 3, epoch: 1 })).toBe(true);
  expect(store.tasks.update(task.id, 0, { pull: 4 })).toBe(false);
  expect([...store.tasks.claimable(NOW)].map(({ id }) => id)).toEqual([task.id]);
  expect(store.tasks.bySource(aRequest().source)).toBeNull();
});

it('tells of thousands of changes in one transaction', () => {
  using store = memoryStore();
  let told = 0;
  store.transaction(() => {
    for (let n = 0; n < 20_000; n++) store.transaction.afterCommit(() => void told++);
  });
  expect(told).toBe(20_000);
});
