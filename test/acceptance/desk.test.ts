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
