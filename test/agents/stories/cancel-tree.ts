import { REPOSITORY } from '../../support/app.ts';
import { expectThat, type Story } from '../story.ts';

const BACKGROUND = `setsid sh -c 'trap "" HUP INT TERM; while :; do timeout 601 tail -f /dev/null; done' >/dev/null 2>&1 &`;

/** Cancelled, nothing of the CLI is left: neither the command it runs nor one that it left in the background. */
export const cancelTree: Story = {
  name: 'cancel_tree',
  scripts: {
    linger: () => [{ run: BACKGROUND }, { run: 'timeout 602 tail -f /dev/null' }, { fail: 'hang' }],
  },
  async play({ app, models, alive }, cli) {
    await app.github.comment(REPOSITORY, 1, `/orch --agent ${cli} wait [[script:linger]]`, 'writer');
    await app.until(() => alive().filter(words => /^timeout 60[12]/.test(words)).length === 2);
    await app.github.comment(REPOSITORY, 1, '/orch cancel', 'writer');
    await app.ended(1, 'cancelled');
    await app.quiet();
    const left = alive().join('; ');
    expectThat(left === '', `nothing is left of: ${left}`);
    expectThat(app.task(1).pull === null, 'there is no pull request');
    expectThat(models.calls.filter(call => call.script).length <= 3, 'the model is asked for nothing more');
  },
};
