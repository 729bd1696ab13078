import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Sight, Stages } from '../../src/scheduler/stages.ts';
import type { Store } from '../../src/store/open.ts';
import type { Run, Task } from '../../src/task/glossary.ts';
import { started } from '../support/tasks.ts';

/** An engine, and the world in which it carries runs out. Its agents work until they are told to end. */
export interface EngineBench extends AsyncDisposable {
  store: Store;
  /** The stages of the engine that is open now. */
  readonly stages: Pick<Stages, 'workspace' | 'agent' | 'broker'>;
  /** Orch ends and starts again; agents go on meanwhile. */
  restart(): Promise<void>;
  /** The agent ends by itself. */
  end(run: Run, exitCode: number): void | Promise<void>;
  /** All of the run is gone with where it was, and nobody says a word. */
  lose(run: Run): Promise<void>;
  /** What is there to see now, though nothing has told of a change. */
  look(run: Run): Promise<Sight>;
  /** How many agents have been started for the run. */
  starts(run: Run): number;
}

/** What the scheduler relies on, whoever carries its runs out. */
export function engineContract(name: string, open: () => Promise<EngineBench>): void {
  describe(`${name}: a run`, () => {
    let bench: EngineBench;
    beforeAll(async () => {
      bench = await open();
    });
    afterAll(() => bench[Symbol.asyncDispose]());

    /** A run as it is before its launch. */
    async function prepared(): Promise<{ task: Task; run: Run }> {
      const { task, run } = started(bench.store);
      bench.store.tasks.update(task.id, task.epoch, await bench.stages.workspace.prepare(task, run));
      const current = bench.store.tasks.get(task.id) as Task;
      await bench.stages.broker.open(current, run);
      return { task: current, run };
    }

    async function launched(): Promise<{ task: Task; run: Run }> {
      const { task, run } = await prepared();
      const { pid, pidStart } = await bench.stages.agent.launch(task, run);
      bench.store.runs.update(run, { pid, pidStart, spawnedAt: run.startedAt });
      await seen(run, 'alive');
      await vi.waitFor(() => expect(bench.starts(run)).toBe(1), { timeout: 15_000 });
      return { task, run: bench.store.runs.get(run.task, run.number) as Run };
    }

    const seen = (run: Run, session: Sight['session']) =>
      vi.waitFor(
        async () => {
          const sight = await bench.look(run);
          expect(sight.session).toBe(session);
          return sight;
        },
        { timeout: 15_000 },
      );

    it('that was never launched is nowhere, and there is nothing to stop', async () => {
      const { run } = await prepared();
      expect(await bench.stages.agent.look(run)).toMatchObject({ session: 'none', exitCode: null });
      await bench.stages.agent.interrupt(run);
      await bench.stages.agent.kill(run);
      expect(await bench.stages.agent.lastWords(run)).toBeNull();
    });

    it('is prepared twice as it is once', async () => {
      const { task, run } = await prepared();
      const again = await bench.stages.workspace.prepare(task, run);
      expect(task).toMatchObject(again);
      expect(again).toMatchObject({ target: 'main', head: null });
    });

    it('is launched once, however often that is asked for, and is found again after a restart', async () => {
      const { task, run } = await launched();
      await bench.stages.agent.launch(task, run);
      await bench.restart();
      await bench.stages.broker.open(task, run);
      expect((await bench.stages.agent.look(run)).session).toBe('alive');
      await bench.stages.agent.launch(task, run);
      expect(bench.starts(run)).toBe(1);
      await vi.waitFor(() => bench.stages.agent.kill(run), { timeout: 15_000 });
    });

    it.each([0, 3])('ends by itself, and says so with exit code %i', async exitCode => {
      const { run } = await launched();
      await bench.end(run, exitCode);
      expect(await seen(run, 'ended')).toMatchObject({ exitCode });
    });

    it('ends while Orch is away, which is seen afterwards', async () => {
      const { run } = await launched();
      await bench.end(run, 0);
      await bench.restart();
      expect(await seen(run, 'ended')).toMatchObject({ exitCode: 0 });
    });

    it('ends when it is asked to', async () => {
      const { run } = await launched();
      await bench.stages.agent.interrupt(run);
      await seen(run, 'ended');
    });

    it('is gone when it is killed, and killing what is gone is nothing', async () => {
      const { run } = await launched();
      // Whoever carries it out may take its time to end it: until it has, killing fails.
      await vi.waitFor(() => bench.stages.agent.kill(run), { timeout: 15_000 });
      expect((await bench.look(run)).session).not.toBe('alive');
      await bench.stages.agent.kill(run);
      expect(bench.starts(run)).toBe(1);
    });

    it('that is lost is over, and no exit code is made up for it', async () => {
      const { run } = await launched();
      await bench.lose(run);
      const sight = await vi.waitFor(
        async () => {
          const now = await bench.look(run);
          expect(['none', 'ended']).toContain(now.session);
          return now;
        },
        { timeout: 15_000 },
      );
      expect(sight).toMatchObject({ exitCode: null });
      expect(sight.end?.ok).not.toBe(true);
      await bench.stages.agent.kill(run);
    });
  });
}
