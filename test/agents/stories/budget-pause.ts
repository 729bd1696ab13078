import type { Cli, Step } from '../../models/script.ts';
import { REPOSITORY, repositoryOf } from '../../support/app.ts';
import { expectThat, type Story } from '../story.ts';

const COMMIT =
  "printf 'total = price * quantity\\n' > total.txt && git add total.txt && git commit -qm 'Count it'";
const PUBLISH = "git push -q && gh pr create --title 'Count it' --body 'Counted.' && orch done";

/** What a step used claude tells before the step's tool runs, opencode after it, the others when their turn is over. */
const spend = (cli: Cli): Step[] => {
  const much = { usage: { input: 5000, output: 50 } };
  const seconds = cli === 'claude' || cli === 'opencode' ? 603 : 8;
  return [
    { run: COMMIT, ...(cli === 'opencode' && much) },
    { run: `timeout ${seconds} tail -f /dev/null`, ...(cli !== 'opencode' && much) },
    { say: 'I wait for more.' },
  ];
};

/** An agent that spends its budget is paused, with its commit kept; resumed, it goes on in its session to one pull request. */
export const budgetPause: Story = {
  name: 'budget_pause',
  scripts: {
    spend,
    finish: () => [{ run: PUBLISH }, { say: 'It is done.' }],
  },
  async play({ app, models, alive }, cli) {
    const ask = `/orch --agent ${cli} --budget 2ktokens fix the total [[script:spend]]`;
    await app.github.comment(REPOSITORY, 1, ask, 'writer');
    await app.until(() => models.calls.some(call => call.script === 'spend'));
    await app.github.comment(REPOSITORY, 1, '/orch say go on [[script:finish]]', 'writer');
    const paused = await app.until(() => {
      const task = app.daemon.store.tasks.get(1);
      return task?.state === 'paused' && app.runs(1).every(run => run.endedAt !== null) && task;
    });
    expectThat(
      /^its budget of 2k tokens is spent/.test(paused.reason ?? ''),
      `it is paused for its budget: ${paused.reason}`,
    );
    expectThat(paused.runs === 1 && paused.pull === null, 'nothing of it went on');
    expectThat(alive().length === 0, `nothing is left of: ${alive().join('; ')}`);
    expectThat(
      models.calls.every(call => call.script !== 'finish'),
      'the model is asked for nothing more',
    );

    await app.github.comment(REPOSITORY, 1, '/orch resume', 'writer');
    const task = await app.ended(1, 'completed');
    await app.quiet();
    const { git, issues } = repositoryOf(app.github);
    const file = await git.run(['show', `${task.head}:total.txt`]);
    expectThat(file.includes('price * quantity'), 'the commit of the first run is on GitHub');
    expectThat(issues.get(task.pull ?? 0)?.title === 'Count it', 'the agent has opened the pull request');
    const [first, second] = app.runs(1);
    expectThat(second?.workspace === first?.workspace, 'it went on in the same workspace');
    expectThat(second?.session === first?.session, 'it went on in the same session');
    const spent = app.daemon.store.usage.spent(task);
    expectThat((spent.tokens ?? 0) < 2000, `only what came after counts: ${spent.tokens} tokens`);
  },
};
