import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { processStart } from '../../src/agent/processes.ts';
import { openBackups } from '../../src/store/backups.ts';
import { openStoreFile } from '../../src/store/file.ts';
import { restore } from '../../src/store/restore.ts';
import { GOOD_AGENT, REPOSITORY, startTestApp } from '../support/app.ts';
import { address, GOOD, line, ORCH, serve } from '../support/serve.ts';
import { NOW, queued } from '../support/tasks.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** Another process that runs this program; it has printed its first line. */
async function startProcess(program: string): Promise<AsyncDisposable & { kill(): Promise<void> }> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const gone = once(child, 'exit');
  await Promise.race([once(child.stdout, 'data'), gone.then(() => Promise.reject(new Error('it ended')))]);
  const kill = async () => {
    child.kill('SIGKILL');
    await gone;
  };
  return { kill, [Symbol.asyncDispose]: kill };
}

/** Takes the database's write lock, as `begin immediate` in SQLite's own shell does. */
const holding = (file: string) => `
  import Database from ${JSON.stringify(import.meta.resolve('better-sqlite3'))};
  new Database(${JSON.stringify(file)}, { timeout: 0 }).exec('begin immediate');
  console.log('held'); process.stdin.resume();`;

/** A home folder whose database was backed up when it had one task, and has two. */
async function backedUp() {
  const folder = await temporaryDirectory();
  const database = join(folder.path, 'orch.db');
  const backups = openBackups({ directory: join(folder.path, 'backups'), keep: 7, now: () => NOW });
  using store = openStoreFile(database, backups);
  for (let i = 0; i < 20; i++) store.inbox.add(`delivery-${i}`, 'issues', 'x'.repeat(5_000), NOW);
  queued(store);
  const { file: backup } = await backups.make(file => store.copyTo(file));
  queued(store);
  return {
    home: folder.path,
    database,
    backups,
    backup,
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

describe('fault: the database is locked by another process', () => {
  it('Orch refuses to start, and starts once the lock is gone', async () => {
    await using folder = await temporaryDirectory();
    const database = join(folder.path, 'orch.db');
    openStoreFile(database).close();
    {
      await using _other = await startProcess(holding(database));
      expect(() => openStoreFile(database)).toThrow(
        expect.objectContaining({ code: 'E_SECOND_DAEMON', message: `${database} is in use` }),
      );
    }
    const daemon = serve(folder.path, GOOD);
    await line(daemon, address);
    daemon.kill('SIGTERM');
    expect((await daemon).exitCode).toBe(0);
  });

  it('while Orch runs, nobody else gets the lock', async () => {
    await using app = await startTestApp();
    await app.github.comment(REPOSITORY, 1, '/orch --agent good fix it', 'writer');
    const program = holding(`${app.home}/orch.db`);
    const other = await execa(process.execPath, ['--input-type=module', '-e', program], { reject: false });
    expect(other.stderr).toContain('database is locked');
    await app.ended(1, 'completed');
  });
});

describe('fault: the database is damaged', () => {
  /** Nothing but a look at all of them shows it: pages have no checksums. */
  const spoilPages = (database: string) => {
    const bytes = readFileSync(database);
    writeFileSync(database, bytes.fill(0xff, bytes.length - 3 * 4096, bytes.length - 4096));
  };
  const spoilHead = (database: string) => writeFileSync(database, Buffer.alloc(100, 1), { flag: 'r+' });
  const cut = (database: string) => truncateSync(database, 3 * 4096);
  const damages = { spoilPages, spoilHead, cut, empty: (file: string) => truncateSync(file), remove: rmSync };
  const tryRead = (file: string) => (existsSync(file) ? readFileSync(file) : null);

  it('Orch refuses to start, leaves the file as it is, and names the newest backup with the command that restores it', async () => {
    for (const [what, damage] of Object.entries(damages)) {
      await using here = await backedUp();
      damage(here.database);
      const before = tryRead(here.database);
      const remedy = `Restore the newest backup: orch restore ${here.backup}`;
      expect(() => openStoreFile(here.database, here.backups), what).toThrow(
        expect.objectContaining({ code: 'E_DATABASE_DAMAGED', remedy }),
      );
      expect(tryRead(here.database), what).toEqual(before);
    }
  });

  it('a backup takes its place, and what was there stays beside it', async () => {
    for (const [what, damage] of Object.entries(damages)) {
      await using here = await backedUp();
      damage(here.database);
      const before = tryRead(here.database);
      const { replaced } = await restore({ ...here, now: NOW, newestTask: 0 });
      expect(replaced && statSync(replaced).size, what).toBe(before?.length ?? null);
      using store = openStoreFile(here.database);
      expect(store.tasks.countOpen()).toBe(1);
    }
  });
});

describe('fault: the database is put back to what a backup has, and the world has gone on', () => {
  it('work since then stays on GitHub, its agents are ended, and new tasks get new numbers', async () => {
    await using app = await startTestApp({
      agents: { good: GOOD_AGENT, slow: 'echo $$ >../pid; while :; do sleep 1; done' },
    });
    await app.github.comment(REPOSITORY, 1, '/orch --agent good fix it', 'writer');
    await app.ended(1, 'completed');
    await app.quiet();
    const { file } = await app.daemon.backUp();
    await app.github.comment(REPOSITORY, 1, '/orch --agent good fix it again', 'writer');
    await app.ended(2, 'completed');
    await app.github.comment(REPOSITORY, 1, '/orch --agent slow wait', 'writer');
    await app.until(() => app.task(3)?.state === 'running');
    const agent = app.runs(3)[0]?.pid as number;
    expect((await orch(app.home, 'restore', file)).stderr).toMatch(/^E_SECOND_DAEMON: .*Stop orch serve/);
    await app.stop();
    expect(await orch(app.home, 'restore', file)).toMatchObject({ exitCode: 0 });
    expect(processStart(agent)).toBeNull();
    await app.start();
    await app.github.comment(REPOSITORY, 1, '/orch --agent good fix the rest', 'writer');
    expect(await app.ended(4, 'completed')).toMatchObject({ branch: 'orch/T4-fix-the-rest', pull: 4 });
    expect([1, 2, 3].map(id => app.task(id)?.state)).toEqual(['completed', undefined, undefined]);
  });
});

describe('fault: Orch is killed while it makes a backup', () => {
  it('neither the database nor a former backup is touched, and the next backup clears up', async () => {
    await using here = await backedUp();
    const program = `
      import { openBackups } from ${JSON.stringify(sourceOf('backups'))};
      import { openStoreFile } from ${JSON.stringify(sourceOf('file'))};
      const store = openStoreFile(${JSON.stringify(here.database)});
      const backups = openBackups({ directory: ${JSON.stringify(here.backups.directory)}, keep: 1, now: Date.now });
      process.stdin.resume();
      await backups.make(async file => {
        await store.copyTo(file);
        console.log('copied');
        await new Promise(() => {});
      });`;
    const other = await startProcess(program);
    await other.kill();
    expect(readdirSync(here.backups.directory)).toContainEqual(expect.stringMatching(/partial$/));
    expect(here.backups.list().map(({ file }) => file)).toEqual([here.backup]);
    using store = openStoreFile(here.database, here.backups);
    expect(store.tasks.countOpen()).toBe(2);
    rmSync(here.backup);
    await here.backups.make(file => store.copyTo(file));
    expect(readdirSync(here.backups.directory)).toEqual([basename(here.backup)]);
  });
});

/** `orch` at the desk of whoever runs this home folder. */
function orch(home: string, ...args: string[]) {
  const env = { PATH: process.env.PATH ?? '', HOME: home, ORCH_HOME: home };
  return execa(process.execPath, [ORCH, ...args], { cwd: home, env, extendEnv: false, reject: false });
}

function sourceOf(name: string): string {
  return new URL(`../../src/store/${name}.ts`, import.meta.url).href;
}
