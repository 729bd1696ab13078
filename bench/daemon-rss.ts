import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type Benchmark, type Context, interleave, type Measured } from './harness.ts';
import { comment, emptyInbox, startGithub, startOrch, startProbot } from './world.ts';

/** The memory of a daemon that has handled its first delivery, against Probot and SQLite alone after theirs. */
export const daemonRss: Benchmark = {
  key: 'daemon_rss_ratio',
  unit: 'MB',
  compare: 'ratio',
  wanted: 1.5,
  measure,
};

const SETTLE_MS = 500;
const run = promisify(execFile);

async function measure(context: Context): Promise<Measured> {
  const { directory, signal } = context;
  await using github = await startGithub(join(directory, 'github'), 1);
  let started = 0;
  const fresh = () => join(directory, String(++started));
  return await interleave(
    context,
    async () => {
      await using orch = await startOrch(github, fresh());
      await comment(github, 'Nothing to do here.');
      await emptyInbox(orch, signal);
      return await settled(orch.pid, signal);
    },
    async () => {
      await using probot = await startProbot(github, fresh());
      github.setWebhook(probot.webhookUrl);
      await comment(github, 'Nothing to do here.');
      return await settled(probot.pid, signal);
    },
  );
}

async function settled(pid: number, signal: AbortSignal): Promise<number> {
  await delay(SETTLE_MS, undefined, { signal });
  const { stdout } = await run('ps', ['-o', 'rss=', '-p', String(pid)]);
  return Number(stdout) / 1024;
}
