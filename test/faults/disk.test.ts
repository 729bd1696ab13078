import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { openLog } from '../../src/shared/log.ts';
import { GOOD_AGENT, REPOSITORY, startTestApp, type TestApp } from '../support/app.ts';
import { noMount, smallDisk } from '../support/small-disk.ts';
import { temporaryDirectory } from '../support/temporary.ts';

// Nobody fills the disk of others: where none of its own can be mounted (noMount says why), these are skipped.
const AWAITED = `while ! test -e go; do sleep 0.05; done; rm go; ${GOOD_AGENT}`;
/** The small disks have less than Orch asks for by default. */
const settings = {
  limits: { host_disk_free_mb: 0 },
  task_queue: { retry_delay_seconds: 0, stop_grace_seconds: 1 },
};

describe.skipIf(noMount !== null)('fault: the disk is full where the database lies', () => {
  it('deliveries are answered with 503 and `/health` with the reason; what is there can be read; with room again all goes on, and nothing is lost', async () => {
    await using folder = await temporaryDirectory();
    const home = join(folder.path, 'home');
    using disk = smallDisk(home, 24);
    await using app = await startTestApp({ home, settings, agents: { slow: AWAITED } });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    await app.until(() => app.daemon.store.tasks.get(1)?.state === 'running');
    disk.fill();
    const { deliveries } = app.github.world;
    const refused = () => deliveries.log.filter(({ status }) => status === 503);
    while (refused().length === 0) {
      await app.github.comment(REPOSITORY, 1, `/orch fix more\n\n${'x'.repeat(60_000)}`, 'writer');
      await app.github.idle();
    }
    expect(await app.daemon.health()).toMatchObject({
      status: 'unhealthy',
      reasons: [expect.stringContaining('full')],
    });
    expect(app.task(1).state).toBe('running');
    disk.empty();
    for (const delivery of refused()) deliveries.redeliver(delivery);
    writeFileSync(join(home, 'workspaces/T1.1/tree/go'), '');
    await app.ended(1, 'completed');
    await app.until(() => app.daemon.store.tasks.get(2)?.state === 'running');
    expect(app.runs(1)).toHaveLength(1);
    await app.until(() => app.daemon.store.inbox.waiting() === 0);
    await app.github.comment(REPOSITORY, 1, '/orch cancel', 'writer');
    await app.ended(2, 'cancelled');
    await app.stop();
    const database = new Database(join(home, 'orch.db'), { readonly: true });
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
    database.close();
  });
});

describe.skipIf(noMount !== null)('fault: the disk is full where git writes', () => {
  it('the task waits with the reason, and that is no try; with room again it goes on', async () => {
    await using folder = await temporaryDirectory();
    using disk = smallDisk(join(folder.path, 'home/stores'), 4);
    await using app = await startTestApp({ home: join(folder.path, 'home'), settings });
    disk.fill();
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    const task = await waiting(app);
    expect(task).toMatchObject({
      reason: expect.stringMatching(/^E_DISK_FULL: .*goes on by itself/),
      tries: 0,
    });
    disk.empty();
    hurry(app);
    await app.ended(1, 'completed');
  });

  it('commits that an agent left are taken when there is room again', async () => {
    await using folder = await temporaryDirectory();
    using disk = smallDisk(join(folder.path, 'home/stores'), 4);
    const file = join(folder.path, 'orch.log');
    const commit = "echo fixed > fixed.txt && git add fixed.txt && git commit -qm 'Fix it'";
    await using app = await startTestApp({
      home: join(folder.path, 'home'),
      settings,
      log: openLog({ level: 'info', file }),
      agents: { lazy: `while ! test -e go; do sleep 0.05; done; rm go; ${commit}` },
    });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    await app.until(() => app.daemon.store.tasks.get(1)?.state === 'running');
    disk.fill();
    writeFileSync(join(folder.path, 'home/workspaces/T1.1/tree/go'), '');
    await app.until(() => readFileSync(file, 'utf8').includes('E_DISK_FULL'));
    disk.empty();
    expect(await app.ended(1, 'completed')).toMatchObject({ pull: 2, runs: 1 });
  });
});

describe.skipIf(noMount !== null)('fault: the disk is full where logs are written', () => {
  it('lines are lost, tasks are done all the same, and the log goes on when there is room', async () => {
    await using folder = await temporaryDirectory();
    const logs = join(folder.path, 'home/logs');
    using disk = smallDisk(logs, 1);
    const log = openLog({ level: 'info', file: join(logs, 'orch.log') });
    await using app = await startTestApp({ home: join(folder.path, 'home'), settings, log });
    disk.fill();
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    await app.ended(1, 'completed');
    await app.quiet();
    disk.empty();
    log.info('there is room');
    expect(readFileSync(join(logs, 'orch.log'), 'utf8')).toContain('there is room');
  });
});

describe.skipIf(noMount !== null)('fault: the disk has less room than `limits.host_disk_free_mb`', () => {
  it('no agent starts, the task and `/health` say why, and with more room it goes on', async () => {
    await using folder = await temporaryDirectory();
    const home = join(folder.path, 'home');
    using disk = smallDisk(home, 32);
    const least = { ...settings, limits: { host_disk_free_mb: 64 } };
    await using app = await startTestApp({ home, settings: least });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    expect((await waiting(app)).reason).toMatch(/E_DISK_FULL: Only \d+ MB of disk are free, of 64/);
    expect(await app.daemon.health()).toMatchObject({
      status: 'degraded',
      reasons: [expect.stringContaining('no agent is started')],
    });
    disk.resize(256);
    hurry(app);
    await app.ended(1, 'completed');
  });
});

/** The first task, once it waits. */
function waiting(app: TestApp) {
  return app.until(() => {
    const task = app.daemon.store.tasks.get(1);
    return task?.state === 'queued' && task.reason !== null && task;
  });
}

/** What waits for a minute is due now. */
function hurry(app: TestApp): void {
  app.daemon.store.tasks.update(1, app.task(1).epoch, { readyAt: 0 });
}
