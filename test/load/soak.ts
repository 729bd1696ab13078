import { existsSync, readdirSync, statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { openTerminals } from '../../src/agent/terminals.ts';
import { homePaths } from '../../src/config/paths.ts';
import { silentLog } from '../../src/shared/log.ts';
import type { Memory } from '../support/daemon/preload.ts';
import type { DaemonProcess } from '../support/daemon/process.ts';
import { openWorld, REPOSITORY, type World } from './world.ts';

export interface SoakOptions {
  minutes: number;
  /** Between two looks at memory. */
  everySeconds: number;
  progress(line: string): void;
}

export interface Sample {
  /** Since the beginning. */
  minutes: number;
  /** After a collection of garbage. */
  heapMb: number;
  rssMb: number;
  descriptors: number;
  databaseMb: number;
  /** Tasks that are over. */
  tasks: number;
  workspaces: number;
  sessions: number;
}

export interface Soaked {
  samples: Sample[];
  /** When the last story is over and all is cleared away; what is still there then was forgotten. */
  end: Sample;
}

/** Stories at once. */
const AT_ONCE = 3;
const CHATTER_MS = 100;
const LONGEST_STORY_MS = 120_000;

const GOOD_AGENT = `echo fixed >$ORCH_TASK.txt && git add . && git commit -qm 'Fix it' &&
  git push -q && gh pr create --title 'Fix it' --body 'Fixed.' && orch done`;

/** Stories from the comment to the merge, one after another, and talk beside them; looks at the daemon meanwhile. */
export async function runSoak(options: SoakOptions): Promise<Soaked> {
  await using world = await openWorld(() => ({
    agents: { good: { command: ['sh', '-c', GOOD_AGENT], max_instances: AT_ONCE } },
    task_queue: { retry_delay_seconds: 0, stop_grace_seconds: 5 },
  }));
  const { daemon } = await world.start();
  const began = performance.now();
  const stop = new AbortController();
  const stories = Array.from({ length: AT_ONCE }, async () => {
    while (!stop.signal.aborted) await story(world);
  });
  const work = Promise.all([...stories, talk(world, stop.signal)]);
  const samples: Sample[] = [];
  while (performance.now() - began < options.minutes * 60_000) {
    await Promise.race([delay(options.everySeconds * 1000), work]);
    samples.push(await look(world, daemon, began));
    options.progress(describeSample(samples.at(-1) as Sample));
  }
  stop.abort();
  await work;
  return { samples, end: await lookAfterwards(world, daemon, began) };
}

async function lookAfterwards(world: World, daemon: DaemonProcess, began: number): Promise<Sample> {
  for (let tries = 1; ; tries += 1) {
    const sample = await look(world, daemon, began);
    if ((sample.workspaces === 0 && sample.sessions === 0) || tries === 60) return sample;
    await delay(1000);
  }
}

/** One issue: asked, worked on and merged, upon which its workspace goes. */
async function story({ github }: World): Promise<void> {
  // How GitHub's limits are kept is for another test.
  github.world.rates.clear();
  const { number } = await github.openIssue(REPOSITORY, { title: 'The total is wrong', user: 'writer' });
  const opened = new Promise<number>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`#${number} has no pull request`)), LONGEST_STORY_MS);
    const watching = github.onExchange(({ method, path, status, responseBody, requestBody }) => {
      const isPull = method === 'POST' && path.endsWith('/pulls') && status === 201;
      if (!isPull || !JSON.stringify(requestBody).includes(`Closes #${number}.`)) return;
      clearTimeout(timer);
      watching[Symbol.dispose]();
      resolve((responseBody as { number: number }).number);
    });
  });
  await github.comment(REPOSITORY, number, '/orch fix it', 'writer');
  await github.merge(REPOSITORY, await opened, 'writer');
}

/** Comments that ask nothing. */
async function talk({ github }: World, signal: AbortSignal): Promise<void> {
  const { number } = await github.openIssue(REPOSITORY, { title: 'Talk', user: 'writer' });
  while (!signal.aborted) {
    await github.comment(REPOSITORY, number, 'How is it going?', 'writer');
    await delay(CHATTER_MS);
  }
}

async function look({ home }: World, daemon: DaemonProcess, began: number): Promise<Sample> {
  const memory = await daemon.ask<Memory>('memory');
  const over = "select count(*) as tasks from tasks where state = 'completed'";
  const [row] = (await daemon.query<{ tasks: number }>(over)) ?? [];
  if (!memory || !row) throw new Error(`the daemon has ended: ${daemon.said()}`);
  const paths = homePaths(home);
  const { stdout } = await openTerminals({ directory: paths.tmux, log: silentLog() }).tmux(['list-sessions']);
  return {
    minutes: (performance.now() - began) / 60_000,
    heapMb: megabytes(memory.heapUsed),
    rssMb: megabytes(memory.rss),
    descriptors: memory.descriptors,
    databaseMb: megabytes(statSync(paths.database).size),
    tasks: row.tasks,
    workspaces: existsSync(paths.workspaces) ? readdirSync(paths.workspaces).length : 0,
    sessions: stdout.split('\n').filter(Boolean).length,
  };
}

function describeSample(sample: Sample): string {
  const { minutes, heapMb, rssMb, descriptors, databaseMb, tasks, workspaces, sessions } = sample;
  const disk = `${workspaces} workspaces, ${sessions} sessions, database ${databaseMb.toFixed(1)} MB`;
  return `${minutes.toFixed(1)} min: ${tasks} tasks, heap ${heapMb.toFixed(1)} MB, rss ${rssMb.toFixed(0)} MB, ${descriptors} descriptors, ${disk}`;
}

/** How much a value of the samples' second half grows in an hour, by least squares. */
export function slope(samples: readonly Sample[], value: (sample: Sample) => number): number {
  const half = samples.slice(Math.floor(samples.length / 2));
  const [x, y] = [mean(half.map(each => each.minutes)), mean(half.map(value))];
  const spread = half.reduce((sum, each) => sum + (each.minutes - x) ** 2, 0);
  const together = half.reduce((sum, each) => sum + (each.minutes - x) * (value(each) - y), 0);
  return spread === 0 ? 0 : (together / spread) * 60;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

function megabytes(bytes: number): number {
  return bytes / 1024 / 1024;
}
