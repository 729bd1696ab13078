import { join } from 'node:path';
import { openBroker } from '../../src/broker/broker.ts';
import { writeTools } from '../../src/cli/worktree/tools.ts';
import { silentLog } from '../../src/shared/log.ts';
import { tryProgram } from '../../src/shared/program.ts';
import { redactShapes } from '../../src/shared/secrets/secrets.ts';
import { receivePack } from '../../src/workspace/landing.ts';
import { pushBranch } from '../../src/workspace/publish.ts';
import { checkpointRef } from '../../src/workspace/refs.ts';
import type { AsAgent } from '../../src/workspace/rescue.ts';
import { fetchStore, openStores, type Store } from '../../src/workspace/store.ts';
import { prepareWorkspace, type Workspace, type WorkspacePlan } from '../../src/workspace/workspace.ts';
import { type GitRemote, gitRemote } from './git-remote.ts';
import { temporaryDirectory } from './temporary.ts';

export interface Bench extends AsyncDisposable {
  server: GitRemote;
  home: string;
  store: Store;
  sha: string;
  plan(run: string, changes?: Partial<WorkspacePlan>): WorkspacePlan;
  prepare(run: string, changes?: Partial<WorkspacePlan>): Promise<Workspace>;
}

/** A remote with one commit on `main`, fetched, and what is needed to prepare workspaces of it. */
export async function bench(files: Record<string, string> = { 'README.md': 'Hello\n' }): Promise<Bench> {
  const server = await gitRemote();
  const home = await temporaryDirectory();
  const sha = await server.commit('main', files);
  const store = await openStores(home.path).of(server.remote);
  await fetchStore(store, server.remote);
  const plan = (run: string, changes: Partial<WorkspacePlan> = {}): WorkspacePlan => ({
    workspaces: join(home.path, 'workspaces'),
    run,
    store,
    remote: server.remote,
    branch: 'orch/T1-fix',
    start: sha,
    base: { branch: 'main', sha },
    coauthor: null,
    identity: { name: 'orch[bot]', email: '1+orch[bot]@users.noreply.github.com' },
    sparse: [],
    copy: [],
    carried: null,
    trusted: sha,
    ...changes,
  });
  return {
    server,
    home: home.path,
    store,
    sha,
    plan,
    prepare: (run, changes) => prepareWorkspace(plan(run, changes)),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await home[Symbol.asyncDispose]();
    },
  };
}

export interface Agent extends AsyncDisposable {
  workspace: Workspace;
  asAgent: AsAgent;
  /** What the agent's programs see. */
  env: Record<string, string>;
  git(...args: string[]): ReturnType<AsAgent>;
  /** What the broker was asked, beside refs and pushes. */
  asked: unknown[];
  head(): Promise<string | null>;
}

/** A prepared workspace with its broker open, and the agent's way to run programs in it. */
export async function agentAtWork(
  { server, home, store, plan }: Bench,
  run = 'T1.1',
  changes: Partial<WorkspacePlan> = {},
): Promise<Agent> {
  const planned = plan(run, changes);
  const workspace = await prepareWorkspace(planned);
  const ref = `refs/heads/${planned.branch}`;
  let head: string | null = planned.start === planned.base.sha ? null : planned.start;
  let checkpoint: string | null = null;
  const asked: unknown[] = [];
  const broker = await openBroker({
    directory: join(home, 'runs', run),
    run,
    branch: planned.branch,
    log: silentLog(),
    redact: redactShapes,
    handlers: {
      refs: async () => ({
        [`refs/heads/${planned.base.branch}`]: planned.base.sha,
        ...(head === null ? {} : { [ref]: head }),
      }),
      async push({ new: sha, pack }) {
        await receivePack(store, { run, pack, sha, maxBytes: 1_000_000 });
        const result = await pushBranch(store, server.remote, {
          sha,
          branch: planned.branch,
          expected: head,
        });
        if (result.kind === 'rejected') return { ok: false, reason: result.text };
        head = sha;
        return { ok: true };
      },
      async pullRequest(pull) {
        const created = !asked.some(each => Object.hasOwn(each as object, 'title'));
        asked.push(pull);
        return { number: 7, url: 'https://github.com/acme/widget/pull/7', created };
      },
      async ask(question) {
        asked.push({ question });
        if (question.startsWith('Is nobody')) return null;
        return { texts: ['The first.', 'And test it.'], heard: isHeard => void asked.push({ isHeard }) };
      },
      async progress(progress) {
        asked.push({ progress });
      },
      async plan(plan) {
        asked.push({ plan });
      },
      async checkpoint({ new: sha, pack, ...said }) {
        if (sha === checkpoint) return { number: asked.length, created: false };
        await receivePack(store, { run, pack, sha, maxBytes: 10_000_000, ref: checkpointRef(1, 1) });
        checkpoint = sha;
        return { number: asked.push(said), created: true };
      },
      async done(done) {
        asked.push(done);
      },
    },
  });
  const bin = join(home, 'runs', run, 'bin');
  await writeTools(bin, broker.path);
  const env = { PATH: `${bin}:${process.env.PATH}`, HOME: home, ORCH_BROKER: broker.path };
  const asAgent: AsAgent = (program, args) =>
    tryProgram(program, args, { cwd: workspace.tree, env, extendEnv: false });
  return {
    workspace,
    asAgent,
    env,
    git: (...args) => asAgent('git', args),
    asked,
    head: async () => head,
    [Symbol.asyncDispose]: () => broker[Symbol.asyncDispose](),
  };
}
