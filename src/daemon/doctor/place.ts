import { constants, existsSync, statSync } from 'node:fs';
import { access, statfs } from 'node:fs/promises';
import { createServer } from 'node:http';
import { dirname } from 'node:path';
import { askDaemon } from '../../cli/daemon-client.ts';
import type { Settings } from '../../config/settings.ts';
import { OrchError } from '../../shared/errors.ts';
import { listen } from '../listen.ts';
import { type Finding, note, ok, problem } from './finding.ts';

/** The folder for everything that Orch keeps: that it can be written, that others can't read it, and what room it has. */
export async function checkHome(settings: Settings): Promise<Finding[]> {
  const { home } = settings.orchestrator;
  let folder = home;
  while (!existsSync(folder)) folder = dirname(folder);
  const isWritable = await access(folder, constants.W_OK).then(
    () => true,
    () => false,
  );
  const remedy = 'Correct its owner, or set ORCH_HOME to another folder.';
  if (!isWritable) return [problem('home', `${folder} can't be written`, remedy)];
  const isOpen = folder === home && (statSync(home).mode & 0o077) !== 0;
  const found = isOpen
    ? problem('home', `${home} is open to other users`, `Close it: chmod 700 ${home}`)
    : ok('home', folder === home ? home : `${home}, made at the first start`);
  return [found, await checkDisk(folder, settings.limits.hostDiskFreeMb)];
}

async function checkDisk(folder: string, leastMb: number): Promise<Finding> {
  const { bavail, bsize } = await statfs(folder);
  const freeMb = Math.floor((bavail * bsize) / 1024 / 1024);
  return freeMb >= leastMb
    ? ok('disk', `${freeMb} MB free`)
    : problem(
        'disk',
        `${freeMb} MB free, and ${leastMb} are wanted`,
        'Make room, or lower limits.host_disk_free_mb.',
      );
}

/** The daemon that owns this home, or else whether one could listen. */
export async function checkDaemon(settings: Settings, isDesk: boolean): Promise<Finding> {
  try {
    const about = await askDaemon<{ version: string; pid: number; url: string }>(
      settings.orchestrator.home,
      'GET',
      '/api/orchestrator',
    );
    const where = about.url === '' ? ` as process ${about.pid}` : ` at ${about.url}`;
    return ok('daemon', `Orch ${about.version} runs${where}`);
  } catch (error) {
    if (!(error instanceof OrchError && error.code === 'E_NO_DAEMON')) throw error;
  }
  const next = `Start it with: orch ${isDesk ? 'start' : 'serve'}`;
  // A desk listens on a port for its API alone, where that is wanted.
  if (isDesk && !settings.api.enabled) return note('daemon', 'not running', next);
  const { host, port } = settings.server;
  const probe = createServer();
  try {
    await listen(probe, settings.server);
    return note('daemon', `not running; port ${port} is free`, next);
  } catch (error) {
    if (!(error instanceof OrchError)) throw error;
    return problem(
      'daemon',
      `not running, and can't listen on ${host}:${port}: ${error.message}`,
      error.remedy,
    );
  } finally {
    await new Promise(done => probe.close(done));
  }
}
