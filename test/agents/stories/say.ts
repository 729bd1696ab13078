import { REPOSITORY } from '../../support/app.ts';
import { expectThat, type Story } from '../story.ts';
import { expectOnePullRequest } from './one-pull-request.ts';
import { COMMIT, FINISH } from './work.ts';

/** Two things said to an agent at work reach its session in their order, and both are confirmed. */
export const say: Story = {
  name: 'say',
  scripts: {
    begin: () => [{ run: `${COMMIT} && timeout 6 tail -f /dev/null` }, { say: 'What else?' }],
    finish: () => [{ run: FINISH }, { say: 'It is done.' }],
  },
  async play({ app, models }, cli) {
    await app.github.comment(REPOSITORY, 1, `/orch --agent ${cli} fix the total [[script:begin]]`, 'writer');
    await app.until(() => models.calls.some(call => call.script === 'begin'));
    await app.github.comment(REPOSITORY, 1, '/orch say mind the notes', 'writer');
    await app.github.comment(REPOSITORY, 1, '/orch say T1 finish it [[script:finish]]', 'writer');
    await expectOnePullRequest(app);
    const { inputs } = app.daemon.store;
    const said = [inputs.get(1), inputs.get(2)];
    expectThat(
      said.map(input => input?.text.split(' ')[0]).join() === 'mind,finish',
      'they are kept in their order',
    );
    expectThat(
      said.every(input => input?.arrivedAt != null),
      'both are seen to have arrived',
    );
    const [first, second] = app.runs(1);
    expectThat(second?.session === first?.session, 'they were said in the same session');
  },
};
