import { mkdirSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { homePaths } from '../config/paths.ts';
import { openStore } from '../store/open.ts';
import type { Home } from './home.ts';

/**
 * A home for one job of GitHub Actions, gone with it. Node's own SQLite needs no native module beside the bundle. The file
 * is there for the job's last step, which opens it again when this process was killed; a host that crashes takes the job
 * along, so that nothing waits for the disk.
 */
export function openJobHome(directory: string): Home & Disposable {
  const paths = homePaths(directory);
  mkdirSync(paths.home, { recursive: true, mode: 0o700 });
  const connection = new DatabaseSync(paths.database);
  connection.exec('pragma synchronous = off');
  const store = openStore(connection);
  return { paths, store, backupFailure: () => null, [Symbol.dispose]: () => store.close() };
}
