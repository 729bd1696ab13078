import { REPOSITORY } from '../../support/app.ts';
import { expectThat, type Story } from '../story.ts';
import { expectOnePullRequest } from './one-pull-request.ts';
import { COMMIT, FINISH } from './work.ts';

/** Paused after its first commit, over a restart of the daemon, it goes on in its own session. */
export const resume: Story = {
  name: 'resume',
  scripts: {
    begin: () => [{ run: COMMIT }, { fail: 'hang' }],
    finish: () => [{ run: FINISH }, { say: 'It is done.' }],
  },
  async play({ app, models, alive }, cli) {
    await app.github.comment(REPOSITORY, 1, `/orch --agent ${cli} fix the total [[script:begin]]`, 'writer');
    await app.until(() => models.calls.some(call => call.script === 'begin' && call.step === 1));
    await app.github.comment(REPOSITORY, 1, '/orch pause', 'writer');
    await app.until(() => app.task(1).state === 'paused' && app.runs(1).every(run => run.endedAt !== null));
    expectThat(alive().length === 0, `nothing is left of: ${alive().join('; ')}`);
    await app.stop();
    await app.start();

    await app.github.comment(REPOSITORY, 1, '/orch say finish it [[script:finish]]', 'writer');
    await app.github.comment(REPOSITORY, 1, '/orch resume', 'writer');
    await expectOnePullRequest(app);
    const [first, second] = app.runs(1);
    expectThat(first?.session != null && second?.session === first.session, 'it went on in its session');
    expectThat(second?.workspace === first?.workspace, 'it went on in its workspace');
  },
};
