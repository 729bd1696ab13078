import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openFolder } from '../../src/context/folder.ts';
import { give, locateFiles } from '../../src/context/give.ts';
import { temporaryDirectory } from '../support/temporary.ts';

async function bench(files: Record<string, string>) {
  const home = await temporaryDirectory();
  const [shared, copy] = [join(home.path, 'context'), join(home.path, 'copy')];
  const folder = openFolder(shared);
  for (const [path, text] of Object.entries(files)) await folder.write(path, text);
  return {
    home: home.path,
    shared,
    copy,
    folder,
    read: (path: string) => readFileSync(join(copy, path), 'utf8'),
    [Symbol.asyncDispose]: () => home[Symbol.asyncDispose](),
  };
}

describe('an agent’s copy of the shared context', () => {
  it('has the most telling first, read-only', async () => {
    await using b = await bench({
      'completed_tasks.json': '[]',
      'agent_outputs/task_002_output.md': 'two',
      'agent_outputs/task_010_output.md': 'ten',
      'agent_outputs/task_1000_output.md': 'thousand',
      'agent_notes/claude-1.md': 'note',
      'current_state.md': 'state',
      'project_overview.md': 'overview',
      'design/api.md': 'by people',
    });
    const { files, more } = await give(b.shared, b.copy);
    expect(files.map(({ path }) => path)).toEqual([
      'project_overview.md',
      'current_state.md',
      'agent_notes/claude-1.md',
      'completed_tasks.json',
      'design/api.md',
      'agent_outputs/task_1000_output.md',
      'agent_outputs/task_010_output.md',
      'agent_outputs/task_002_output.md',
    ]);
    expect(more).toBe(0);
    expect(b.read('design/api.md')).toBe('by people');
    expect(statSync(join(b.copy, 'current_state.md')).mode & 0o222).toBe(0);
  });

  it('is brought up to date, and what has not changed is not written again', async () => {
    await using b = await bench({ 'a.md': 'a', 'b.md': 'b', 'c.md': 'c' });
    await give(b.shared, b.copy);
    const inode = (path: string) => statSync(join(b.copy, path)).ino;
    const [a, c] = [inode('a.md'), inode('c.md')];
    rmSync(join(b.shared, 'b.md'));
    writeFileSync(join(b.shared, 'c.md'), 'C');
    utimesSync(join(b.shared, 'c.md'), 1_900_000_000, 1_900_000_000);
    await give(b.shared, b.copy);
    expect(readdirSync(b.copy).sort()).toEqual(['a.md', 'c.md']);
    expect(b.read('c.md')).toBe('C');
    expect(inode('a.md')).toBe(a);
    expect(inode('c.md')).not.toBe(c);
  });

  it('lacks what is too large, and says how much', async () => {
    await using b = await bench({ 'huge.md': 'x'.repeat(2 * 1024 * 1024 + 1), 'a.md': 'a' });
    for (let at = 0; at < 305; at++) writeFileSync(join(b.shared, `${at}.md`), 'x');
    const { files, more } = await give(b.shared, b.copy);
    expect(files).toHaveLength(300);
    expect(more).toBe(7);
  });

  it('has nothing that a link leads to', async () => {
    await using b = await bench({ 'a.md': 'a' });
    symlinkSync('/etc', join(b.shared, 'etc'));
    symlinkSync('/etc/passwd', join(b.shared, 'passwd.md'));
    expect((await give(b.shared, b.copy)).files.map(({ path }) => path)).toEqual(['a.md']);
  });
});

describe('a file that a task names', () => {
  it('lies in the shared context, or in the worktree, or nowhere', async () => {
    await using b = await bench({ 'notes/x.md': 'x' });
    const tree = join(b.home, 'tree');
    mkdirSync(join(tree, 'src'), { recursive: true });
    writeFileSync(join(tree, 'src/a.ts'), 'a');
    symlinkSync('/etc', join(tree, 'etc'));
    symlinkSync('/etc/passwd', join(tree, 'src/passwd'));
    const given = await give(b.shared, b.copy);
    const wanted = [
      'notes/x.md',
      './context/notes/x.md',
      'src//a.ts',
      'src',
      'gone.md',
      'etc/passwd',
      'src/passwd',
    ];
    const found = await locateFiles([...wanted, '../tree/src/a.ts', '/etc/passwd'], {
      given,
      at: '.orch-context',
      name: 'context',
      tree,
    });
    expect(found.map(({ at }) => at)).toEqual([
      '.orch-context/notes/x.md',
      '.orch-context/notes/x.md',
      'src/a.ts',
      'src',
      ...[null, null, null, null, null],
    ]);
  });
});
