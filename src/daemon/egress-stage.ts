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

/** The proxy of a run: what a daemon left behind makes way. */
export async function openEgressOf(
  { paths, hosts, log }: Pick<EgressStageOptions, 'paths' | 'hosts' | 'log'>,
  run: Run,
): Promise<AsyncDisposable> {
  const name = runName(run.task, run.number);
  const sockets = paths.sockets(name);
  await mkdir(sockets, { recursive: true, mode: 0o700 });
  return await openEgress({
    socket: join(sockets, 'egress.sock'),
    hosts: hosts(run),
    resolve: async host => (await lookup(host, { all: true })).map(({ address }) => address),
    refused(target, why) {
      log.warn({ run: name, target, why }, 'the network refused an agent');
      tryAppend(runFiles(paths.run(name)).monitorLog, `network: ${target} is refused: ${why}\n`);
    },
  });
}

/** Beside each run's broker, its proxy: both are open for as long as the run may need them, and after a restart again. */
export function withEgress(options: EgressStageOptions): Stages['broker'] & AsyncDisposable {
  const open = new Map<string, Promise<AsyncDisposable>>();

  return {
    async open(task, run) {
      await options.broker.open(task, run);
      const name = runName(run.task, run.number);
      const opening = open.get(name) ?? openEgressOf(options, run);
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
