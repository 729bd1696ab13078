import { isFinal } from '../../../src/task/states.ts';
import { SCRIPTS } from '../../models/scripts.ts';
import { REPOSITORY, repositoryOf } from '../../support/app.ts';
import { expectThat, type Story } from '../story.ts';

/** A comment, the CLI, commits, a pull request, a check run; and no call of the model more than that takes. */
export const commit: Story = {
  name: 'commit',
  scripts: SCRIPTS,
  async play({ app, models }, cli) {
    await app.github.comment(REPOSITORY, 1, `/orch --agent ${cli} fix the total [[script:commit]]`, 'writer');
    const task = await app.until(() => {
      const found = app.daemon.store.tasks.get(1);
      return found && isFinal(found.state) && app.runs(1).every(run => run.endedAt !== null) && found;
    });
    await app.quiet();
    expectThat(task.state === 'completed', 'the task is completed');
    const { git, checkRuns, issues } = repositoryOf(app.github);
    const file = await git.run(['show', `${task.head}:total.txt`]);
    expectThat(file.includes('price * quantity'), 'the commit is on GitHub');
    const pull = issues.get(task.pull ?? 0);
    // Of commits without a pull request Orch makes a draft with a title of its own.
    expectThat(pull?.title === 'Count the quantity', 'the agent has opened the pull request');
    const check = [...checkRuns.values()].find(each => each.headSha === task.head);
    expectThat(check?.conclusion === 'neutral', 'the check run says that nothing proves it');
    const calls = models.calls.filter(call => call.script === 'commit').length;
    // Stopped soon after `orch done`, a slow CLI does not hear the last words.
    expectThat(calls === 3 || calls === 4, `the model is called three or four times, not ${calls}`);
  },
};
