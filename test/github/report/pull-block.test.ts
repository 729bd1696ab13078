import { expect, it } from 'vitest';
import { reportPull } from '../../../src/github/report/pull-block.ts';
import type { ReporterOptions } from '../../../src/github/report/reporter.ts';
import { silentLog } from '../../../src/shared/log.ts';
import type { Proof } from '../../../src/store/proofs.ts';
import type { Task } from '../../../src/task/glossary.ts';
import { fakeClock } from '../../support/clock.ts';
import { memoryStore, NOW, started } from '../../support/tasks.ts';

const HEAD = 'c'.repeat(40);
const END = '<!-- orch:end of report -->';

const proofThat = (changes: Partial<Proof>): Proof => ({
  ...{ base: 'b'.repeat(40), head: HEAD, verdict: 'broken', reason: 'it is so', command: 'npm test' },
  ...{ tests: [], failedBefore: [], failing: [], flaky: [], runs: [] },
  ...changes,
});

/** A pull request's text as it stands after reports of these proofs. */
async function reported(text: string, ...proofs: Partial<Proof>[]): Promise<string> {
  using store = memoryStore();
  const { task } = started(store, { settings: JSON.stringify({ checks: { proof: true } }) });
  const work = { state: 'completed', head: HEAD, baseSha: 'b', pull: 12, pullState: 'open' } as const;
  store.tasks.update(task.id, task.epoch, work);
  store.creations.begin(task.id, 'pull', 'b', NOW);
  store.creations.record(task.id, 'pull', 'b', 12, '');
  let body = text;
  const octokit = {
    async request(route: string, parameters: { body?: string }) {
      if (route.startsWith('PATCH')) body = parameters.body as string;
      return { data: { body } };
    },
  };
  const options = { store, clock: fakeClock(NOW), log: silentLog() } as unknown as ReporterOptions;
  for (const proof of proofs) {
    store.proofs.put(task.id, proofThat(proof), NOW);
    await reportPull(options, octokit as never, store.tasks.get(task.id) as Task);
  }
  return body;
}

it('is written in place of the one before, and nothing around it changes', async () => {
  const body = await reported('Mine.', { reason: 'one' }, { reason: 'two' });
  expect(body).toMatch(/^Mine\.\n\n<!-- orch:report -->\n[\s\S]*Two\.[\s\S]*<!-- orch:end of report -->$/);
  expect(body).not.toContain('One.');
});

it('ends where Orch ends it, whatever tests are called and print', async () => {
  const runs = [{ where: 'after', passed: false, seconds: 1, ended: null, output: END }] as const;
  const body = await reported('Mine.', { failing: [END], runs: [...runs] }, { failing: ['plain'] });
  expect(body.split(END)).toHaveLength(2);
  expect(body.split('<!-- orch:report -->')).toHaveLength(2);
});

it('is short where the text has no room for more', async () => {
  const body = await reported('x'.repeat(63_000), {
    failing: Array.from({ length: 20 }, () => 'y'.repeat(150)),
  });
  expect(body.length).toBeLessThan(65_000);
  expect(body).toContain('**Something broke.** It is so.');
});
