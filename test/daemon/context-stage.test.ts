import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { homePaths } from '../../src/config/paths.ts';
import { loadSettings } from '../../src/config/settings.ts';
import { contextStage } from '../../src/daemon/context-stage.ts';
import { changeState, endRun } from '../../src/queue/change.ts';
import { silentLog } from '../../src/shared/log.ts';
import { redactShapes } from '../../src/shared/secrets/secrets.ts';
import type { Store } from '../../src/store/open.ts';
import { fakeClock } from '../support/clock.ts';
import { memoryStore, NOW, started } from '../support/tasks.ts';
import { temporaryDirectory } from '../support/temporary.ts';

async function bench(store: Store) {
  const home = await temporaryDirectory();
  const stage = contextStage({
    store,
    clock: fakeClock(),
    log: silentLog(),
    redact: redactShapes,
    paths: homePaths(home.path),
    settings: loadSettings({ text: '', env: { HOME: home.path } }).settings,
    repositories: {
      remote: () => {
        throw new Error('there is none');
      },
      store: () => Promise.reject(new Error('there is none')),
    },
    folderOf: task => join(home.path, 'context', task.repository),
    changedFiles: async () => [],
  });
  return {
    stage,
    workspace: (run: string, path: string) => join(home.path, 'workspaces', run, 'context', path),
    async [Symbol.asyncDispose]() {
      await stage.stop();
      await home[Symbol.asyncDispose]();
    },
  };
}

describe('shared context', () => {
  it('changes for agents that are at work in the repository, and for no others', async () => {
    using store = memoryStore();
    await using b = await bench(store);
    const [here, ending] = [started(store), started(store)];
    const elsewhere = started(store, { repository: 'acme/other', repositoryId: 8 });
    for (const { task, run } of [here, elsewhere]) {
      await b.stage.giveTo(task, run);
      store.runs.update(run, { spawnedAt: NOW });
    }
    const output = 'agent_outputs/task_002_output.md';
    expect(existsSync(b.workspace('T1.1', 'current_state.md'))).toBe(true);
    expect(existsSync(b.workspace('T1.1', output))).toBe(false);
    changeState(store, ending.task, 'failed', NOW, { reason: 'no' });
    endRun(store, ending.run, { outcome: 'failed', exitCode: 1, reason: 'no', lastWords: null }, NOW);
    const state = () => readFileSync(b.workspace('T1.1', 'current_state.md'), 'utf8');
    await vi.waitFor(() => expect(state()).toContain('T2 failed: no'), { timeout: 15_000 });
    expect(existsSync(b.workspace('T1.1', output))).toBe(true);
    expect(existsSync(b.workspace('T2.1', output))).toBe(false);
    await b.stage.stop();
    expect(existsSync(b.workspace('T3.1', output))).toBe(false);
  });

  it('that can not be given leaves an agent without it', async () => {
    using store = memoryStore();
    await using b = await bench(store);
    const { task, run } = started(store, { contextFiles: ['a.md'] });
    mkdirSync(b.workspace('T1.1', '../..'), { recursive: true });
    writeFileSync(b.workspace('T1.1', '..'), '');
    const { files, wanted } = await b.stage.giveTo(task, run);
    expect({ files, wanted }).toEqual({ files: [], wanted: [{ path: 'a.md', at: null }] });
  });
});
