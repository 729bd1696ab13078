import { expect, it } from 'vitest';
import { startTestDesk } from '../support/desk.ts';
import { bubblewrap } from '../support/sandbox.ts';

/** Does what it can, and where it can't it only prints what it would do. */
const PRINTING = `if echo early > early.txt; then test -e ~/set-up && orch done 'it is fixed'; else echo 'I would fix it.'; fi`;
const SETTINGS = { '.github/orch.yml': 'setup: ["touch ~/set-up"]\n' };

it.skipIf(bubblewrap === null)(
  'at a desk, a sandboxed agent can only read until its plan is approved, and is set up then',
  async () => {
    await using desk = await startTestDesk({
      agents: { good: PRINTING },
      files: SETTINGS,
      settings: { sandbox: { kind: 'bwrap' } },
    });
    const id = await desk.ask('Fix it', { options: { plan: true } });
    await desk.until(() => desk.task(id).state === 'paused' && desk.runs(id)[0]?.endedAt);
    expect(desk.desk.store.plans.get(id)).toMatchObject({ version: 1, approvedBy: null });
    expect(desk.desk.store.plans.get(id)?.text).toMatch(/^(.*Read-only file system\n)?I would fix it\.$/);
    expect(await desk.git('for-each-ref', 'refs/heads/orch')).toBe('');

    desk.desk.plans.approve(id, { by: 'ann', budget: null });
    await desk.until(() => desk.runs(id)[1]?.endedAt);
    expect(desk.runs(id)).toMatchObject([
      { outcome: 'paused' },
      { workspace: 'T1.1', doneAt: expect.any(Number) },
    ]);
  },
);
