import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { homePaths } from '../../src/config/paths.ts';
import { enqueue } from '../../src/queue/enqueue.ts';
import { openStoreFile } from '../../src/store/file.ts';
import type { Memory } from '../support/daemon/preload.ts';
import type { DaemonProcess } from '../support/daemon/process.ts';
import { chatter, percentile, type Sent, startSender } from './deliveries.ts';
import { openWorld, REPOSITORY, type World } from './world.ts';

export interface LoadOptions {
  /** Of steady deliveries. */
  seconds: number;
  /** Deliveries all at once. */
  burst: number;
  /** In the store, queued, all the while. */
  tasks: number;
  /** At work at once. */
  agents: number;
  progress(line: string): void;
}

export interface LoadResult {
  deliveries: number;
  deliveries_lost: number;
  ack_p99_ms: number;
  burst_p99_ms: number;
  tasks: number;
  agents_at_once: number;
  run_twice: number;
  /** Of the daemon, at its highest. */
  rss_mb: number;
}

const EVERY_MS = 10;

/** Deliveries at a steady rate and in a burst while many tasks wait, then many agents at once, up to their end. */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const { progress } = options;
  await using world = await openWorld(notes => settings(notes, options.agents));
  queueTasks(world, options.tasks);
  const { daemon, url } = await world.start();
  progress(`${options.tasks} tasks are queued, and one of them has its agent's only place`);
  await using sender = await startSender(
    world.github.credentials.WEBHOOK_SECRET,
    await chatter(world.github, REPOSITORY, 64),
  );
  const steady = await sender.send(url, (options.seconds * 1000) / EVERY_MS, EVERY_MS);
  progress(`${options.seconds} s of ${1000 / EVERY_MS} deliveries a second: ${described(steady)}`);
  const burst = await sender.send(url, options.burst, 0);
  progress(`${options.burst} deliveries at once: ${described(burst)}`);
  const sent = [...steady, ...burst];
  const lost = await lostOf(daemon, sent);
  progress(`${lost} of ${sent.length} deliveries lost`);
  const atOnce = await runAgents(world, daemon, options.agents);
  progress(`${atOnce} agents at once, all to their end`);
  const memory = (await daemon.ask<Memory>('memory')) as Memory;
  const highest = highestRss(daemon.pid);
  progress(`memory: ${megabytes(highest)} MB at its highest, ${megabytes(memory.rss)} MB now`);
  return {
    deliveries: sent.length,
    deliveries_lost: lost,
    ack_p99_ms: rounded(percentile(times(steady), 99)),
    burst_p99_ms: rounded(percentile(times(burst), 99)),
    tasks: options.tasks,
    agents_at_once: atOnce,
    run_twice: runTwice(world),
    rss_mb: megabytes(highest),
  };
}

/** `swarm` waits until all of it are there, then works; `busy` waits for ever, so that its queue stays as it is. */
function settings(notes: string, agents: number) {
  const note = `run=$(basename "$(dirname "$PWD")"); echo start >>${notes}/$run`;
  const swarm = `${note}; while [ $(ls ${notes} | grep -c swarm) -lt ${agents} ]; do sleep 0.5; done
    echo $run >fixed.txt && git add fixed.txt && git commit -qm 'Fix it' &&
    git push -q && gh pr create --title 'Fix it' --body 'Fixed.' && orch done`;
  return {
    agents: {
      busy: { command: ['sh', '-c', `${note}; sleep 86400`], max_instances: 1 },
      swarm: { command: ['sh', '-c', `: >${notes}/swarm-$$; ${swarm}`], max_instances: agents },
    },
    task_queue: { max_size: 100_000, retry_delay_seconds: 0, stop_grace_seconds: 5 },
    limits: { concurrent: agents + 1 },
  };
}

/** As if they had been asked for and told of long ago. */
function queueTasks({ github, home }: World, count: number): void {
  const [repository] = github.world.repositories.values();
  const [installation] = github.world.installations.values();
  using store = openStoreFile(homePaths(home).database);
  store.transaction(() => {
    for (let n = 1; n <= count; n += 1) {
      const request = taskRequest(n, repository?.id ?? 0, installation?.id ?? 0);
      const { task } = enqueue(store, request, Date.now(), Number.POSITIVE_INFINITY);
      const seq = store.journal.ofTask(task.id).at(-1)?.seq ?? 0;
      for (const reader of ['github', 'recorder']) store.journal.moveCursor(reader, task.id, seq);
    }
  });
}

function taskRequest(n: number, repositoryId: number, installation: number) {
  return {
    repository: REPOSITORY,
    repositoryId,
    installation,
    issue: 1_000_000 + n,
    onPullRequest: false,
    headSha: null,
    source: `load:${n}`,
    comment: null,
    requester: 'writer',
    requesterId: 1,
    instruction: `fix ${n}`,
    issueTitle: 'The total is wrong',
    issueBody: 'Two of the same cost as much as one.',
    conversation: '[]',
    contextFiles: [],
    agent: 'busy',
    capabilities: [],
    model: null,
    priority: 'normal',
    timeoutSeconds: 86_400,
    budgetUsd: null,
    budgetTokens: null,
    base: 'main',
    settings: '{}',
    correlation: `load-${n}`,
  } as const;
}

/** Not acknowledged, or acknowledged and not handled once all is handled. The key of the inbox keeps each there once. */
async function lostOf(daemon: DaemonProcess, sent: readonly Sent[]): Promise<number> {
  await eventually('the inbox to be empty', async () => {
    const [row] = (await daemon.query('select 1 from inbox where handled_at is null limit 1')) ?? ['gone'];
    return row === undefined;
  });
  const handled = 'select delivery from inbox where handled_at > 0 and error is null';
  const rows = (await daemon.query<{ delivery: string }>(handled)) ?? [];
  const known = new Set(rows.map(row => row.delivery));
  return sent.filter(({ status, guid }) => status !== 202 || !known.has(guid)).length;
}

/** Asks for as many tasks on GitHub; gives how many of them were seen running at once. */
async function runAgents({ github }: World, daemon: DaemonProcess, count: number): Promise<number> {
  for (let n = 0; n < count; n += 1) {
    const { number } = await github.openIssue(REPOSITORY, { title: `Fix ${n}`, user: 'writer' });
    await github.comment(REPOSITORY, number, '/orch fix it --agent swarm', 'writer');
  }
  let atOnce = 0;
  await eventually('the agents to end', async () => {
    const sql = `select
        (select count(*) from runs where profile = 'swarm' and spawned_at > 0 and ended_at is null) as live,
        (select count(*) from tasks where agent = 'swarm' and state = 'completed') as completed`;
    const [row] = (await daemon.query<{ live: number; completed: number }>(sql)) ?? [];
    atOnce = Math.max(atOnce, row?.live ?? 0);
    return row?.completed === count && row.live === 0;
  });
  return atOnce;
}

/** Runs whose agent began more than once, and tasks with more than one run. */
function runTwice({ notes }: World): number {
  const runs = readdirSync(notes).filter(name => /^T\d+\.\d+$/.test(name));
  const started = runs.flatMap(run => readFileSync(join(notes, run), 'utf8').match(/start/g) ?? []);
  return started.length - new Set(runs.map(run => run.split('.')[0])).size;
}

/** The kernel's own account of the most that the process has had in memory (bytes); 0 where there is none. */
function highestRss(pid: number): number {
  if (process.platform !== 'linux') return 0;
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
}

async function eventually(what: string, look: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 600_000;
  while (!(await look())) {
    if (Date.now() > deadline) throw new Error(`waited ten minutes for ${what}`);
    await delay(200);
  }
}

function described(sent: readonly Sent[]): string {
  const at = (percent: number) => `p${percent} ${rounded(percentile(times(sent), percent))} ms`;
  return `acknowledged after ${at(50)}, ${at(99)}, ${at(100)}`;
}

function times(sent: readonly Sent[]): number[] {
  return sent.map(({ ms }) => ms);
}

function rounded(value: number): number {
  return Number(value.toFixed(1));
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1024 / 1024);
}
