import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { REPOSITORY, startTestApp } from '../support/app.ts';
import { startTestDesk } from '../support/desk.ts';

const FIRST = 'node -e "console.log(6 * 7)" > answer.txt; SAID="The answer is $(cat answer.txt)."';
const SECOND = `SAID="Built on: $(grep '^> The answer' .orch-context/agent_outputs/task_001_output.md)"
  orch context project_overview.md > answer.txt; git status --porcelain > ../status`;

/** What each task asks for is what its agent does. */
const AGENT = `head -1 "$ORCH_PROMPT_FILE" | grep -q first && { ${FIRST}; } || { ${SECOND}; }
  cp "$ORCH_PROMPT_FILE" ../prompt
  git add answer.txt && git commit -qm 'Say it' && git push -q && gh pr create --fill && orch done "$SAID"`;

describe('shared context', () => {
  it('brings what one task came to into the next one’s worktree, once, though Orch was killed in between', async () => {
    const files = { 'README.md': '# Test System\n\nProject: Test System\n' };
    await using app = await startTestApp({ agents: { worker: AGENT }, files });
    await app.github.comment(REPOSITORY, 1, '/orch do the first', 'writer');
    await app.ended(1, 'completed');
    const shared = (path: string) => readFileSync(join(app.home, 'context', REPOSITORY, path), 'utf8');
    await app.until(() => app.daemon.store.journal.behind('context').length === 0);
    const first = shared('agent_outputs/task_001_output.md');
    expect(first).toContain('- `answer.txt`');
    expect(first).toContain('> The answer is 42.');
    await app.stop();
    forget(app.home);
    await app.start();
    await app.github.comment(REPOSITORY, 1, '/orch do the second', 'writer');
    await app.ended(2, 'completed');
    await app.until(() => app.daemon.store.journal.behind('context').length === 0);
    expect(shared('agent_outputs/task_001_output.md')).toBe(first);
    expect(shared('agent_outputs/task_002_output.md')).toContain('> Built on: > The answer is 42.');
    expect(shared('agent_notes/worker-1.md').match(/^## T\d/gm)).toEqual(['## T1', '## T2']);
    expect(shared('project_overview.md')).toContain('Project: Test System');
    const workspace = (path: string) => readFileSync(join(app.home, 'workspaces/T2.1', path), 'utf8');
    expect(workspace('tree/answer.txt')).toBe(`${shared('project_overview.md')}\n`);
    expect(workspace('status')).toBe('?? answer.txt\n');
    expect(workspace('prompt')).toContain('- `.orch-context/project_overview.md`');
  });
});

it('people’s words reach an agent at a desk, and what Orch writes keeps nobody from merging, though it is committed', async () => {
  const said = `$(cat .orch-context/notes.md; grep '^Read these' "$ORCH_PROMPT_FILE")`;
  const agent = `test -L .orch-context && echo x > x.txt && git add x.txt && git commit -qm 'Do it' &&
    git push -q && gh pr create --fill && orch done "${said}"`;
  await using desk = await startTestDesk({ agents: { good: agent } });
  const context = join(desk.folder, 'context');
  const output = () => readFileSync(join(context, 'agent_outputs/task_001_output.md'), 'utf8');
  mkdirSync(context);
  writeFileSync(join(context, 'notes.md'), 'Mind the gap.\n');
  const id = await desk.ask('Do it', { contextFiles: ['context/notes.md'] });
  await desk.ended(id, 'completed');
  await desk.until(() => desk.desk.store.journal.behind('context').length === 0);
  expect(output()).toContain(
    '> Mind the gap.\n> Read these first, the task names them: `.orch-context/notes.md`.',
  );
  expect(await desk.git('status', '--porcelain', '--untracked-files=all')).toBe('?? context/notes.md');
  await desk.git('add', '--force', 'context');
  await desk.git('commit', '-qm', 'Context');
  writeFileSync(join(context, 'current_state.md'), 'As Orch changes it later.\n');
  expect(await desk.desk.local.merge(id)).toMatchObject({ kind: 'merge' });
});

/** As if Orch had been killed after it had written, and before it had noted so. */
function forget(home: string): void {
  const database = new Database(join(home, 'orch.db'));
  database.exec("delete from cursors where reader = 'context'");
  database.close();
}
