import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { homePaths } from '../../../src/config/paths.ts';
import { tryProgram } from '../../../src/shared/program.ts';
import type { TaskState } from '../../../src/task/states.ts';
import { readNotes } from './agents.ts';
import type { Lane } from './lane.ts';
import type { Scene, SeenTask } from './scene.ts';

/** What must hold when all is over, whatever was killed; each violation in a sentence. */
export async function violations(lane: Lane, scene: Scene, ends: TaskState): Promise<string[]> {
  const tasks = await scene.tasks();
  const found = await Promise.all([
    ofTasks(scene, tasks, ends),
    ofAgents(lane, scene, tasks),
    ofGithub(lane, scene),
    ofRefs(scene),
    ofDisk(lane, scene, tasks),
  ]);
  return found.flat();
}

function ofTasks(scene: Scene, tasks: SeenTask[], ends: TaskState): string[] {
  const allowed = scene.wasCancelled ? [ends, 'cancelled'] : [ends];
  return [
    ...(tasks.length === 1 ? [] : [`${tasks.length} tasks of one wish`]),
    ...tasks.flatMap(({ id, state, reason }) =>
      allowed.includes(state) ? [] : `T${id} is ${state}, not ${ends}: ${reason}`,
    ),
  ];
}

async function ofAgents(lane: Lane, scene: Scene, tasks: SeenTask[]): Promise<string[]> {
  const runs = tasks.flatMap(task => readNotes(scene.notes, task.id));
  const lost = await Promise.all(
    runs.map(async ({ run, commits }) => {
      const kept = await Promise.all(commits.map(sha => isKept(lane, scene, sha)));
      return kept.every(Boolean) ? [] : [`commits of ${run} are lost`];
    }),
  );
  return [
    ...lost.flat(),
    ...runs.flatMap(({ run, starts }) => (starts > 1 ? `${run} was started ${starts} times` : [])),
    ...runs.flatMap(({ run, overlaps }) => (overlaps > 0 ? `${run} began beside another live run` : [])),
  ];
}

/** On GitHub's branches, or where Orch keeps what nobody waits for any more. */
async function isKept({ home }: Lane, { repository }: Scene, sha: string): Promise<boolean> {
  const hosts = join(home, 'stores');
  const stores = readdirSync(hosts).map(host => join(hosts, host, 'repositories', `${repository.id}.git`));
  const where = [repository.git.path, ...stores.filter(store => existsSync(store))];
  const found = await Promise.all(
    where.map(git =>
      tryProgram('git', [`--git-dir=${git}`, 'for-each-ref', '--count=1', `--contains=${sha}`]),
    ),
  );
  return found.some(({ exitCode, stdout }) => exitCode === 0 && stdout !== '');
}

async function ofGithub({ github }: Lane, { repository, issue }: Scene): Promise<string[]> {
  const { bot } = github.world.app;
  const pulls = [...repository.issues.values()].filter(each => each.pull && each.user.id === bot.id);
  const bodies = [...repository.comments.values()]
    .filter(each => each.user.id === bot.id)
    .map(each => each.body);
  const sticky = bodies.filter(body => body.startsWith('<!-- orch:task '));
  const checks = [...repository.checkRuns.values()];
  const eyes = repository.issues.get(issue)?.reactions.length ?? 0;
  return [
    ...(pulls.length > 1 ? [`${pulls.length} pull requests`] : []),
    ...(sticky.length === 1 ? [] : [`${sticky.length} sticky comments`]),
    ...repeated(bodies).map(body => `a comment twice: ${body.slice(0, 80)}`),
    ...repeated(checks.map(each => each.headSha)).map(sha => `two check runs on ${sha}`),
    ...(eyes > 1 ? [`${eyes} reactions on the issue`] : []),
  ];
}

function repeated(values: string[]): string[] {
  return [...new Set(values.filter((value, index) => values.indexOf(value) !== index))];
}

/** People write main and feature here, and merge; everything else is Orch's, and there is one branch a task. */
async function ofRefs({ repository }: Scene): Promise<string[]> {
  const refs = [...(await repository.git.refs()).keys()].filter(ref => !/^refs\/pull\/\d+\//.test(ref));
  const own = refs.filter(ref => !['refs/heads/main', 'refs/heads/feature'].includes(ref));
  return [
    ...own.flatMap(ref => (ref.startsWith('refs/heads/orch/') ? [] : `${ref} was written`)),
    ...(own.length > 1 ? [`branches ${own.join(', ')}`] : []),
  ];
}

/** Nothing lives on, and nothing of a run or of a step that was killed lies about. */
async function ofDisk({ home }: Lane, { repository }: Scene, tasks: SeenTask[]): Promise<string[]> {
  const paths = homePaths(home);
  const { stdout } = await tryProgram('tmux', ['-S', join(paths.tmux, 'tmux.sock'), 'list-sessions']);
  const left = [paths.workspaces, join(home, 'runs')].flatMap(folder =>
    existsSync(folder) ? readdirSync(folder) : [],
  );
  const ours = left.filter(name => tasks.some(({ id }) => name.startsWith(`T${id}.`)));
  const half = readdirSync(join(home, 'stores'), { recursive: true, encoding: 'utf8' })
    .filter(name => name.includes(`/${repository.id}.git`))
    .filter(name => /\/quarantine-[^/]*$|\.git\.new-[^/]*$/.test(name));
  return [
    ...(stdout === '' ? [] : [`tmux sessions live on: ${stdout.trim()}`]),
    ...[...ours, ...half].map(name => `${name} is left on disk`),
    ...workingIn(paths.workspaces).map(pid => `process ${pid} lives on`),
  ];
}

function workingIn(folder: string): string[] {
  return readdirSync('/proc').filter(pid => {
    try {
      return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/cwd`).startsWith(folder);
    } catch {
      return false;
    }
  });
}
