import { lookup } from 'node:dns/promises';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runFiles, tryAppend } from '../agent/run-files.ts';
import { openEgress } from '../agent/sandbox/egress.ts';
import type { Paths } from '../config/paths.ts';
import type { Stages } from '../scheduler/stages.ts';
import type { Log } from '../shared/log.ts';
import { type Run, runName } from '../task/glossary.ts';

export interface EgressStageOptions {
  broker: Stages['broker'];
  paths: Paths;
  /** What the run may reach, as `sandbox.allow_hosts` has it. */
  hosts(run: Run): readonly string[];
  log: Log;
}

/** Beside each run's broker, its proxy: both are open for as long as the run may need them, and after a restart again. */
export function withEgress(options: EgressStageOptions): Stages['broker'] & AsyncDisposable {
  const open = new Map<string, Promise<AsyncDisposable>>();

  async function openFor(run: string, hosts: readonly string[]): Promise<AsyncDisposable> {
    const sockets = options.paths.sockets(run);
    await mkdir(sockets, { recursive: true, mode: 0o700 });
    return await openEgress({
      socket: join(sockets, 'egress.sock'),
      hosts,
      resolve: async host => (await lookup(host, { all: true })).map(({ address }) => address),
      refused(target, why) {
        options.log.warn({ run, target, why }, 'the network refused an agent');
        tryAppend(runFiles(options.paths.run(run)).monitorLog, `network: ${target} is refused: ${why}\n`);
      },
    });
  }

  return {
    async open(task, run) {
      await options.broker.open(task, run);
      const name = runName(run.task, run.number);
      const opening = open.get(name) ?? openFor(name, options.hosts(run));
      open.set(name, opening);
      await opening.catch(error => {
        open.delete(name);
        throw error;
      });
    },
    async close(run: Run) {
      const name = runName(run.task, run.number);
      const opened = open.get(name);
      open.delete(name);
      await (await opened)?.[Symbol.asyncDispose]();
      await options.broker.close(run);
    },
    async [Symbol.asyncDispose]() {
      const all = await Promise.all(open.values());
      open.clear();
      await Promise.all(all.map(egress => egress[Symbol.asyncDispose]()));
    },
  };
}
