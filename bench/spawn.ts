import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Simulator } from '../src/simulator/simulator.ts';
import { type Benchmark, type Context, interleave, type Measured } from './harness.ts';
import { agentCommand, comment, endOfTask, eventually, REPOSITORY, startGithub, startOrch } from './world.ts';

/** From the recorded comment to the agent's process, against git and tmux doing the same by themselves. */
export const spawnSmall: Benchmark = {
  key: 'spawn_small_ms_over_bare',
  unit: 'ms',
  compare: 'difference',
  wanted: 50,
  measure: context => measure(context, 100),
};

export const spawnMedium: Benchmark = {
  key: 'spawn_medium_ratio',
  unit: 'ms',
  compare: 'ratio',
  wanted: 1.25,
  measure: context => measure(context, 5000),
};

const run = promisify(execFile);

async function measure(context: Context, files: number): Promise<Measured> {
  const { directory, signal } = context;
  await using github = await startGithub(join(directory, 'github'), files);
  await using orch = await startOrch(github, join(directory, 'orch'));
  await using bare = await openBare(github, join(directory, 'bare'));
  const assignment: number[] = [];
  let task = 0;
  const samples = await interleave(
    context,
    async () => {
      task += 1;
      const { at } = await comment(github, `/orch start, for the ${task}. time`);
      const began = await agentBegan(orch.home, signal);
      const { events } = await endOfTask(orch, github, `T${task}`, signal);
      const when = (type: string) => Date.parse(events.find(event => event.type === type)?.at ?? '');
      assignment.push(when('run:claimed') - when('task:queued'));
      return began - at;
    },
    () => bare.spawn(signal),
  );
  return {
    ...samples,
    ceilings: [
      { what: `spawn, ${files} files`, samples: samples.ours, limit: 3000 },
      { what: `assignment, ${files} files`, samples: assignment, limit: 1000 },
    ],
  };
}

/** A bare store that has everything already, as Orch's has, and a tmux server of its own. */
async function openBare(github: Simulator, directory: string) {
  const store = join(directory, 'store.git');
  const tree = join(directory, 'tree');
  const agent = join(directory, 'agent');
  const tmux = ['-S', join(directory, 'tmux.sock'), '-f', '/dev/null'];
  const env = { ...process.env, GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' };
  await mkdir(agent, { recursive: true });
  await run('git', ['init', '--quiet', '--bare', store], { env });
  const token = Buffer.from(`x-access-token:${github.userToken('maintainer')}`).toString('base64');
  const git = (...args: string[]) =>
    run('git', ['-C', store, '-c', `http.extraHeader=Authorization: Basic ${token}`, ...args], { env });
  let count = 0;

  return {
    async spawn(signal: AbortSignal): Promise<number> {
      count += 1;
      const start = Date.now();
      await git(
        ...['fetch', '--quiet', `${github.url}/${REPOSITORY}.git`],
        '+refs/heads/*:refs/remotes/origin/*',
      );
      await git('worktree', 'add', '--quiet', '-b', `bench-${count}`, tree, 'refs/remotes/origin/main');
      await run('tmux', [...tmux, 'new-session', '-d', '-c', tree, ...agentCommand(agent)], { env });
      const began = await agentBegan(agent, signal);
      await git('worktree', 'remove', '--force', tree);
      return began - start;
    },
    async [Symbol.asyncDispose]() {
      // The server has ended with its last session, unless a sample was broken off.
      await run('tmux', [...tmux, 'kill-server']).catch(() => {});
    },
  };
}

/** When the process began that has just written its file into the folder; the file is taken away. */
async function agentBegan(folder: string, signal: AbortSignal): Promise<number> {
  return await eventually(signal, 'the agent', async () => {
    const name = (await readdir(folder)).find(name => /^\d+$/.test(name));
    const began = name === undefined ? 0 : Number(await readFile(join(folder, name), 'utf8'));
    if (name === undefined || began === 0) return null;
    await rm(join(folder, name));
    return began;
  });
}
