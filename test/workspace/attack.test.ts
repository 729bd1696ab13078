import { readdirSync } from 'node:fs';
import { appendFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { rescueRef } from '../../src/workspace/refs.ts';
import { rescue } from '../../src/workspace/rescue.ts';
import { fetchStore } from '../../src/workspace/store.ts';
import { removeWorkspace, type Workspace } from '../../src/workspace/workspace.ts';
import { type Agent, agentAtWork, type Bench, bench } from '../support/workspace.ts';

/**
 * Each attack plants a program that writes who ran it. The agent's own git may run it, as the agent; what must never
 * happen is that it runs with anything of the daemon's: in the daemon's git, or in another run's workspace.
 */
type Attack = (workspace: Workspace, program: string, made: Bench) => Promise<void>;

const ATTACKS: [string, Attack][] = [
  ['hooks', async ({ repository }, program) => everyHook(join(repository, 'hooks'), program)],
  [
    'hooks by core.hooksPath',
    async ({ repository, directory }, program) => {
      await everyHook(join(directory, 'evil'), program);
      await appendFile(join(repository, 'config'), `[core]\nhooksPath = ${join(directory, 'evil')}\n`);
    },
  ],
  [
    'fsmonitor, pager, editor, ssh, askpass and aliases',
    async ({ repository }, program) =>
      appendFile(
        join(repository, 'config'),
        `[core]\nfsmonitor = ${program}\npager = ${program}\neditor = ${program}\nsshCommand = ${program}
askPass = ${program}\ngitProxy = ${program}\n[credential]\nhelper = ${program}\n[gpg]\nprogram = ${program}
[commit]\ngpgSign = false\n[diff]\nexternal = ${program}\n[uploadpack]\npackObjectsHook = ${program}\n`,
      ),
  ],
  [
    'filters by info/attributes',
    async ({ repository }, program) => {
      const config = `[filter "evil"]\nclean = ${program}\nsmudge = ${program}\nprocess = ${program}\n[diff "evil"]\ntextconv = ${program}\ncommand = ${program}\n`;
      await appendFile(join(repository, 'config'), config);
      await writeFile(join(repository, 'info/attributes'), '* filter=evil diff=evil merge=evil\n');
    },
  ],
  [
    'alternates that lead to a repository of its own',
    async ({ repository, directory }, program, made) => {
      const evil = join(directory, 'evil.git');
      await mkdir(join(evil, 'objects/info'), { recursive: true });
      await everyHook(join(evil, 'hooks'), program);
      const alternates = `${join(evil, 'objects')}\n${join(made.store.directory, 'objects')}\n`;
      await writeFile(join(repository, 'objects/info/alternates'), alternates);
    },
  ],
  [
    'a commondir that leads elsewhere',
    async ({ repository, directory }, program, made) => {
      const evil = join(directory, 'evil.git');
      await mkdir(join(evil, 'objects/info'), { recursive: true });
      await mkdir(join(evil, 'refs'), { recursive: true });
      await everyHook(join(evil, 'hooks'), program);
      await writeFile(join(evil, 'HEAD'), 'ref: refs/heads/main\n');
      await writeFile(join(evil, 'packed-refs'), `${made.sha} refs/heads/orch/T1-fix\n`);
      await writeFile(join(evil, 'objects/info/alternates'), `${join(made.store.directory, 'objects')}\n`);
      await writeFile(
        join(evil, 'config'),
        `[core]\nfsmonitor = ${program}\n[user]\nname = evil\nemail = e@e\n[remote "origin"]\nurl = ${made.server.remote.url}\n`,
      );
      await writeFile(join(repository, 'worktrees/tree/commondir'), `${evil}\n`);
    },
  ],
];

describe('a repository that its agent has poisoned with', () => {
  it.each(ATTACKS)('%s acts on nobody else', async (_, attack) => {
    await using made = await bench();
    await using agent = await agentAtWork(made);
    const program = await plant(made);
    await attack(agent.workspace, program, made);
    await work(agent);

    const saved = rescue(agent.asAgent, { branch: 'orch/T1-fix', known: made.sha });
    await saved.catch(() => {}); // A broken repository may fail; it must not act.
    await fetchStore(made.store, made.server.remote);
    await rescueRef(made.store, 'T1.1', made.sha);
    const next = await made.prepare('T1.2');
    await using other = await agentAtWork(made, 'T2.1', { branch: 'orch/T2-other' });
    await other.git('commit', '-q', '--allow-empty', '-m', 'Other');
    expect(await other.git('push', '-q')).toMatchObject({ exitCode: 0 });
    await removeWorkspace(made.plan('T1.1').workspaces, { run: 'T1.1', store: made.store, published: null });

    expect(victims(made)).toEqual([]);
    expect(readdirSync(next.tree).sort()).toEqual(['.git', 'README.md']);
  });

  it('a program that does act when the agent runs git: the attacks are real', async () => {
    await using made = await bench();
    await using agent = await agentAtWork(made);
    const program = await plant(made);
    for (const [name, attack] of ATTACKS) {
      if (!name.startsWith('alternates') && !name.startsWith('a commondir'))
        await attack(agent.workspace, program, made);
    }
    await work(agent);
    expect(readdirSync(join(made.home, 'fired'))).toContain('agent-T1.1');
    await rm(join(made.home, 'fired'), { recursive: true });
  });
});

/** A program that leaves a file named after the run whose environment it has, or after the daemon. */
async function plant(made: Bench): Promise<string> {
  const fired = join(made.home, 'fired');
  await mkdir(fired);
  const program = join(made.home, 'evil.sh');
  const script = `#!/bin/sh
case "$ORCH_BROKER" in
  '') touch ${fired}/daemon ;;
  *) touch "${fired}/agent-$(basename "$(dirname "$ORCH_BROKER")")" ;;
esac
exit 0
`;
  await writeFile(program, script, { mode: 0o755 });
  return program;
}

function victims(made: Bench): string[] {
  return readdirSync(join(made.home, 'fired')).filter(name => name !== 'agent-T1.1');
}

async function work(agent: Agent): Promise<void> {
  await writeFile(join(agent.workspace.tree, '.gitattributes'), '* filter=evil diff=evil\n');
  await writeFile(join(agent.workspace.tree, 'file'), 'x');
  await agent.git('add', '-A');
  await agent.git('commit', '-q', '-m', 'Evil');
}

async function everyHook(directory: string, program: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  const hooks = [
    ...['pre-receive', 'update', 'post-receive', 'post-update', 'reference-transaction', 'push-to-checkout'],
    ...['pre-commit', 'prepare-commit-msg', 'commit-msg', 'post-commit', 'post-checkout', 'post-merge'],
    ...['pre-push', 'pre-auto-gc', 'post-rewrite', 'post-index-change', 'fsmonitor-watchman', 'proc-receive'],
  ];
  for (const hook of hooks) {
    await writeFile(join(directory, hook), `#!/bin/sh\nexec ${program}\n`, { mode: 0o755 });
  }
}
