import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { type ContextOptions, startContext } from '../../src/context/writer.ts';
import { changeState, endRun } from '../../src/queue/change.ts';
import { openLog } from '../../src/shared/log.ts';
import { redactShapes } from '../../src/shared/secrets/secrets.ts';
import type { Store } from '../../src/store/open.ts';
import type { Run, Task } from '../../src/task/glossary.ts';
import { fakeClock } from '../support/clock.ts';
import { memoryStore, NOW, queued, started } from '../support/tasks.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const TOKEN = ['ghp', 'a1B2'.repeat(9)].join('_');
const at = new Date(NOW).toISOString();

async function bench(store: Store) {
  const home = await temporaryDirectory();
  const clock = fakeClock();
  const logFile = join(home.path, 'orch.log');
  const log = openLog({ level: 'info', file: logFile });
  const folder = join(home.path, 'context');
  const changed: string[] = [];
  const start = (options: Partial<ContextOptions> = {}) =>
    startContext({
      store,
      clock,
      log,
      redact: redactShapes,
      folderOf: () => folder,
      isWritten: true,
      maxMb: 100,
      changedFiles: async () => ['src/a.ts', '`b`\n- c'],
      tests: () => null,
      words: async run => `bye of ${run.number}`,
      structure: async () => ({ branch: 'main', commit: 'abcdef0123456789', entries: ['src/', 'README.md'] }),
      readme: async () => '# Shop\n\n[![badge](x)](y)\n\n## About\n\nSells *things*.\n\nMore.\n',
      changed: async where => void changed.push(where),
      ...options,
    });
  let writer = start();
  return {
    folder,
    clock,
    changed,
    read: (path: string) => readFileSync(join(folder, path), 'utf8'),
    warnings: () =>
      readFileSync(logFile, 'utf8')
        .trim()
        .split('\n')
        .filter(line => line.includes('shared context')),
    stop: () => writer.stop(),
    async restart(options?: Partial<ContextOptions>) {
      await writer.stop();
      writer = start(options);
      return writer;
    },
    /** Until the journal is read. */
    written: () => vi.waitFor(() => expect(store.journal.behind('context')).toEqual([]), { timeout: 15_000 }),
    async [Symbol.asyncDispose]() {
      await writer.stop();
      await home[Symbol.asyncDispose]();
    },
  };
}

function complete(store: Store, { task, run }: { task: Task; run: Run }, summary = 'All green.'): void {
  store.journal.append(NOW, task.id, 'run:progress', { run: run.number, text: 'Half of it' });
  store.journal.append(NOW, task.id, 'run:done', { run: run.number, summary });
  store.tasks.update(task.id, task.epoch, { branch: 'orch/T1-x', pull: 5, pullUrl: 'https://github.test/5' });
  changeState(store, store.tasks.get(task.id) as Task, 'running', NOW);
  changeState(store, store.tasks.get(task.id) as Task, 'completed', NOW);
  endRun(store, run, { outcome: 'succeeded', exitCode: 0, reason: null, lastWords: null }, NOW);
}

describe('shared context', () => {
  it('is written after a task, from what came of it', async () => {
    using store = memoryStore();
    await using b = await bench(store);
    complete(
      store,
      started(store, { instruction: `Write it\nwith ${TOKEN}\u001b[31m` }),
      `All \u200bgreen, ${TOKEN}`,
    );
    queued(store, { instruction: 'The next thing' });
    await b.written();
    expect(b.read('agent_outputs/task_001_output.md')).toBe(`# T1: Write it with [redacted][31m

- Status: completed
- Agent: claude-1, in run T1.1
- Ended: ${at}
- Branch: \`orch/T1-x\`
- Pull request: #5, https://github.test/5

## What was asked

> Write it
> with [redacted][31m

## Files modified

- \`src/a.ts\`
- \`'b' - c\`

## Summary

> All green, [redacted]

## What the agent said last

> bye of 1

${b.read('agent_outputs/task_001_output.md').trimEnd().split('\n').at(-1)}
`);
    expect(JSON.parse(b.read('completed_tasks.json'))).toEqual([
      {
        task: 'T1',
        instruction: 'Write it with [redacted][31m',
        agent: 'claude-1',
        completed_at: at,
        branch: 'orch/T1-x',
        pull_request: 5,
        files_modified: ['src/a.ts', '`b`\n- c'],
        summary: 'All green, [redacted]',
        output: 'agent_outputs/task_001_output.md',
      },
    ]);
    expect(b.read('agent_notes/claude-1.md')).toBe(
      `## T1.1: succeeded, ${at}\n\n> Half of it\n>\n> All green, [redacted]\n`,
    );
    expect(b.read('project_overview.md')).toBe('# Shop\n\nSells *things*.\n');
    expect(b.changed.at(-1)).toBe(b.folder);
  });

  it('tells of what is open and of what went wrong', async () => {
    using store = memoryStore();
    await using b = await bench(store);
    const { task, run } = started(store, { instruction: 'Break it' });
    endRun(store, run, { outcome: 'crashed', exitCode: 3, reason: 'why', lastWords: null }, NOW);
    changeState(store, task, 'failed', NOW, { reason: `it crashed\n## Objectives` });
    queued(store, { instruction: 'The next thing' });
    queued(store, { instruction: 'elsewhere', repositoryId: 8 });
    await b.written();
    expect(b.read('current_state.md').split('\n<!--')[0]).toBe(`# Current state

As of ${at}, T1.

## Objectives

- T2 queued. The next thing

## Structure

At the top of \`main\`, at abcdef0123:

- \`src/\`
- \`README.md\`

## Known issues

- T1 failed: it crashed ## Objectives (Break it)
`);
    expect(b.read('agent_outputs/task_001_output.md')).toContain(
      '- Status: failed: it crashed ## Objectives',
    );
    expect(existsSync(join(b.folder, 'completed_tasks.json'))).toBe(false);
    expect(existsSync(join(b.folder, 'agent_notes'))).toBe(false);
  });

  it('is written once, though Orch was down when the task ended, or was killed before it knew that it had written', async () => {
    using store = memoryStore();
    await using b = await bench(store);
    await b.stop();
    complete(store, started(store));
    const { moveCursor } = store.journal;
    store.journal.moveCursor = () => {
      throw new Error('killed');
    };
    await b.restart();
    await vi.waitFor(() => expect(b.warnings()).toHaveLength(1), { timeout: 15_000 });
    await b.stop();
    const before = [b.read('agent_notes/claude-1.md'), b.read('completed_tasks.json')];
    store.journal.moveCursor = moveCursor;
    await b.restart();
    await b.written();
    expect([b.read('agent_notes/claude-1.md'), b.read('completed_tasks.json')]).toEqual(before);
    await b.stop();
    rmSync(b.folder, { recursive: true });
    await b.restart();
    await b.stop();
    expect(existsSync(b.folder)).toBe(false);
  });

  it('that can not be written is warned of once, tried again, and keeps nobody from beginning', async () => {
    using store = memoryStore();
    await using b = await bench(store);
    symlinkSync('/nowhere', b.folder);
    complete(store, started(store));
    complete(store, started(store));
    await vi.waitFor(() => expect(b.warnings()).toHaveLength(1), { timeout: 15_000 });
    expect(b.warnings()[0]).toContain('is a link');
    const writer = await b.restart();
    const next = queued(store);
    expect(await writer.upToDate(next, async folder => folder)).toBe(b.folder);
    rmSync(b.folder);
    await vi.waitFor(
      async () => {
        await b.clock.advance(60_000);
        expect(existsSync(join(b.folder, 'agent_outputs/task_002_output.md'))).toBe(true);
      },
      { timeout: 15_000 },
    );
  });

  it('is up to date for who asks, and begins with an overview and a state', async () => {
    using store = memoryStore();
    await using b = await bench(store);
    const first = queued(store, { instruction: 'The first' });
    const writer = await b.restart();
    await writer.upToDate(first, async folder => {
      expect(readFileSync(join(folder, 'project_overview.md'), 'utf8')).toContain('Sells');
      expect(readFileSync(join(folder, 'current_state.md'), 'utf8')).toContain('T1 queued. The first');
    });
    complete(store, started(store, { instruction: 'The second' }));
    const seen = await writer.upToDate(first, async folder =>
      existsSync(join(folder, 'agent_outputs/task_002_output.md')),
    );
    expect(seen).toBe(true);
    await writer.stop();
  });

  it('is left alone where it is not to be written', async () => {
    using store = memoryStore();
    await using b = await bench(store);
    await b.stop();
    mkdirSync(b.folder);
    chmodSync(b.folder, 0o755);
    const writer = await b.restart({ isWritten: false });
    complete(store, started(store));
    await b.written();
    expect(
      await writer.upToDate(queued(store), async () => existsSync(join(b.folder, 'current_state.md'))),
    ).toBe(false);
  });
});
