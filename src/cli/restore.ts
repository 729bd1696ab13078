import { existsSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { killTree } from '../agent/stop.ts';
import { look, openTerminals } from '../agent/terminals.ts';
import type { Paths } from '../config/paths.ts';
import { showBackup } from '../record/views.ts';
import { isoTime } from '../shared/clock.ts';
import { silentLog } from '../shared/log.ts';
import type { Backup } from '../store/backups.ts';
import { restore as restoreDatabase } from '../store/restore.ts';
import { findBackups } from './backup.ts';
import type { Common } from './common.ts';
import { bytes, say, sayJson } from './output.ts';

/** `orch restore` lists the backups; `orch restore FILE` puts that one in the place of the database. */
export async function restore(file: string | undefined, options: Common): Promise<void> {
  const { paths, backups } = findBackups(options);
  if (file === undefined) return list(backups.list(), options);
  const backup = existsSync(file) ? resolve(file) : resolve(backups.directory, file);
  const { database } = paths;
  const newestTask = newestTaskOnDisk(paths);
  const restored = await restoreDatabase({ database, backup, now: Date.now(), newestTask });
  await endStrangers(paths, restored.newestTask);
  if (options.json) return sayJson({ database, backup, replaced: restored.replaced });
  say(`${database} is now as ${backup} has it.`);
  if (restored.replaced) say(`The former one lies at ${restored.replaced}.`);
}

function list(backups: Backup[], options: Common): void {
  const rows = backups.map(
    ({ at, bytes: size, file }) => `${isoTime(at)}  ${bytes(size).padStart(9)}  ${file}`,
  );
  if (options.json) sayJson(backups.map(showBackup));
  else if (rows.length === 0) say('No backups.');
  else
    say(
      `${rows.join('\n')}\n\nTo put one in the place of the database, stop orch serve, then: orch restore FILE`,
    );
}

/** Tasks that the backup does not know have left things with their numbers. */
function newestTaskOnDisk(paths: Paths): number {
  const names = paths.ofRuns.flatMap(folder => (existsSync(folder) ? readdirSync(folder) : []));
  return Math.max(0, ...names.map(taskOf));
}

/** Nobody would stop the agents of tasks that the restored database does not know, or take their work. */
async function endStrangers(paths: Paths, newestTask: number): Promise<void> {
  using terminals = openTerminals({ directory: paths.tmux, log: silentLog() });
  const panes = await look(terminals);
  const sessions = panes === 'unknown' ? [] : [...panes.keys()];
  for (const run of sessions.map(session => session.replace('-', '.'))) {
    if (taskOf(run) > newestTask) await killTree(terminals, run, paths.run(run));
  }
}

/** 42 of `T42.1`, `T42.1.json` and `T42.1.log`. */
function taskOf(name: string): number {
  return Number(/^T(\d{1,15})\./.exec(name)?.[1] ?? 0);
}
