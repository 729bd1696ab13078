import { readdirSync } from 'node:fs';
import { type AddressInfo, Server } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread } from 'node:worker_threads';
import Database from 'better-sqlite3';
import { answer, listenToParent, tell } from './channel.ts';

// For `node --import`: the daemon as it is, which tells its port and lets its parent look at database and memory.
if (isMainThread) {
  lookAtDatabase();
  tellPort();
  lookAtMemory();
  listenToParent();
}

/** Nobody but the daemon can read its database while it lives. */
function lookAtDatabase(): void {
  let database: Database.Database | null = null;
  const { prepare } = Database.prototype;
  Database.prototype.prepare = function (this: Database.Database, sql: string) {
    // Backups have connections of their own.
    if (this.name.endsWith('/orch.db')) database = this;
    return prepare.call(this, sql);
  } as typeof prepare;
  answer('query', ({ sql, values }: { sql: string; values: unknown[] }) =>
    database?.open ? (prepare.call(database, sql) as Database.Statement<unknown[]>).all(...values) : null,
  );
}

function tellPort(): void {
  const { listen } = Server.prototype;
  // biome-ignore lint/suspicious/noExplicitAny: it has eight signatures
  Server.prototype.listen = function (this: Server, ...args: any[]) {
    this.once('listening', () => {
      const address = this.address();
      if (address !== null && typeof address === 'object')
        tell({ kind: 'listening', port: (address as AddressInfo).port });
    });
    return Reflect.apply(listen, this, args);
  };
}

export interface Memory {
  rss: number;
  heapUsed: number;
  /** Open file descriptors; 0 where that can't be told. */
  descriptors: number;
}

function lookAtMemory(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  answer('memory', (): Memory => {
    collect();
    const { rss, heapUsed } = process.memoryUsage();
    return {
      rss,
      heapUsed,
      descriptors: process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0,
    };
  });
}
