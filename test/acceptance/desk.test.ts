import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openSession, SUBMIT } from './session.ts';

it('session 1: a task from the command to the merged file', async () => {
  await using session = await openSession();
  session.program('scribe', `cat > /dev/null; echo '# Project description' > README.md; ${SUBMIT}`);
  expect(await session.type('orchestrate start')).toMatch(
    /Orch runs \(process \d+\)\. Agents: scribe \(3 at once\)\./,
  );
  expect(await session.type('orchestrate add "Create README.md with project description"')).toBe(
    'T1 is queued.',
  );
  await session.until('orchestrate status', /T1 +completed/);
  const output = await session.until('cat context/agent_outputs/task_001_output.md', /Status: completed/);
  expect(output).toContain('Create README.md with project description');
  expect(await session.type('orch merge 1')).toMatch(/^T1 is merged/);
  expect(await session.type('ls README.md && cat README.md')).toBe('README.md\n# Project description');
  expect(await session.type('git status --porcelain')).toBe('');
  expect(await session.type('orchestrate stop')).toBe('Orch has stopped.');
  expect((await session.tryType('orch status')).exitCode).toBe(3);
});

it('session 3: a task without a result has failed and can be retried; one that crashes is escalated', async () => {
  await using session = await openSession();
  session.program(
    'scribe',
    `prompt=$(cat); case "$prompt" in
      *nothing*) [ -e "$HOME/second" ] || { touch "$HOME/second"; exit 0; }; echo x > x; ${SUBMIT} ;;
      *) exit 7 ;;
    esac`,
  );
  await session.type('orch start');
  await session.type('orch add "Do nothing at first"');
  expect(await session.until('orch tasks --status failed', /T1/)).toContain('failed');
  await session.type('orch retry task_001');
  await session.until('orch tasks --status completed', /T1/);
  expect(await session.type('orch show T1')).toMatch(/T1\.1 .*failed.*\nT1\.2 .*succeeded/);
  await session.type('orch add "Crash each time"');
  await session.until('orch tasks --status escalated', /T2/);
  const shown = JSON.parse(await session.type('orch show 2 --json'));
  expect(shown.runs.map((run: { outcome: string }) => run.outcome)).toEqual(Array(4).fill('crashed'));
});

it('session 4: the second task builds on what the first has put out', async () => {
  await using session = await openSession();
  mkdirSync(join(session.folder, 'context'));
  writeFileSync(join(session.folder, 'context/project_overview.md'), 'Project: Test System\n');
  session.program(
    'scribe',
    `cat > /dev/null; name="notes-$(git branch --show-current | tr / -).md"
    { grep Project: .orch-context/project_overview.md; grep -h notes- .orch-context/agent_outputs/task_001_output.md; } > "$name"
    git add -A && git commit -qm "Do it" && git push -q && gh pr create --title "Do it" --body Done. && orch done "$(cat "$name")"`,
  );
  await session.type('orch start');
  await session.type('orch add "Note the project"');
  await session.until('cat context/agent_outputs/task_001_output.md', /Project: Test System/);
  await session.type('orch add "Build on it" --after 1');
  const second = await session.until('cat context/agent_outputs/task_002_output.md', /Files modified/);
  expect(second).toContain('Project: Test System');
  expect(second).toContain('notes-orch-T1-note-the-project.md');
});

it('session 2: four agents of two kinds work at once in one repository', async () => {
  await using session = await openSession();
  const work = `while [ ! -e "$HOME/go" ]; do sleep 0.1; done; git branch --show-current > work; ${SUBMIT}`;
  for (const [name, version] of [
    ['claude', '2.1.329 (Claude Code)'],
    ['codex', 'codex-cli 0.169.0'],
  ])
    session.program(
      name ?? '',
      `case "$1" in --version) echo "${version}"; exit ;; esac; cat > /dev/null; ${work}`,
    );
  expect(await session.type('orchestrate start --agents claude:2,codex:2')).toContain(
    'Agents: claude (2 at once), codex (2 at once).',
  );
  for (const thing of ['one', 'two', 'three', 'four']) await session.type(`orchestrate add "Do ${thing}"`);
  const working = async () =>
    (
      JSON.parse(await session.type('orch agents --json')) as {
        agents: { id: string; task: string | null }[];
      }[]
    )
      .flatMap(({ agents }) => agents)
      .filter(({ task }) => task !== null);
  await session.until('orchestrate tasks --status active', /T4/);
  expect((await working()).map(({ id }) => id).sort()).toEqual([
    'claude-1',
    'claude-2',
    'codex-1',
    'codex-2',
  ]);
  expect((await session.type('orchestrate tasks --status active')).match(/^T\d/gm)).toHaveLength(4);
  await session.type('touch "$HOME/go"');
  await session.until('orch status', /4 completed/);
  expect(await session.type("git branch --list 'orch/*' | wc -l")).toMatch(/^ *4$/);
});

it('session 5: ten tasks go through three agents, past a kill -9, each done once, with nothing left behind', async () => {
  await using session = await openSession();
  // While the daemon is down a push is refused, and an agent tries again.
  session.program(
    'scribe',
    `cat > /dev/null; git branch --show-current >> work; git add -A; git commit -qm "Do it"
    until git push -q && gh pr create --title "Do it" --body Done. && orch done; do sleep 0.2; done`,
  );
  await session.type('orch start');
  for (let n = 1; n <= 10; n++) await session.type(`orch add "Do thing ${n}"`);
  const { pid } = JSON.parse(await session.type('orch status --json'));
  await session.until('orch tasks --status completed', /^T/m);
  process.kill(pid, 'SIGKILL');
  await session.until('orch start', /Orch runs/);
  await session.until('orch status', /10 completed/);
  const tasks = JSON.parse(await session.type('orch tasks --json')) as { id: string; branch: string }[];
  expect(tasks).toHaveLength(10);
  for (const { branch } of tasks)
    expect(await session.type(`git rev-list --count main..${branch}; git show ${branch}:work`)).toBe(
      `1\n${branch}`,
    );
  expect(await session.type('orch stop')).toBe('Orch has stopped.');
  expect(await session.type(`ps -eo args | grep -c "[s]cribe.*${session.folder}" || true`)).toBe('0');
});

it('session 6: a thousand tasks are queued, and the next is refused with the way out', async () => {
  await using session = await openSession();
  session.program('scribe', 'sleep 600');
  const entries = Array.from({ length: 1000 }, (_, n) => `- { id: t${n}, description: Do thing ${n} }\n`);
  writeFileSync(join(session.folder, '..', 'tasks.yaml'), entries.join(''));
  await session.type('orch start && orch add --file ../tasks.yaml');
  expect(await session.type('orch status')).toMatch(/99\d queued/);
  const refused = await session.tryType('orch add "One more"');
  expect(refused.stderr).toMatch(
    /^E_QUEUE_FULL: 1000 tasks are open already\. .*cancel some.*task_queue\.max_size\.$/,
  );
  expect(refused.exitCode).toBe(4);
});
