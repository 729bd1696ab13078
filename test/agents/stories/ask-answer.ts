import { REPOSITORY, repositoryOf } from '../../support/app.ts';
import { expectThat, type Story } from '../story.ts';

const ASK = `orch ask 'Which colour?' > answer.txt && git add answer.txt && git commit -qm 'Keep the answer'`;
const PUBLISH = "git push -q && gh pr create --title 'Paint it' --body 'Painted.' && orch done";

/** A headless agent asks; the question stands in the comment of its task, and what somebody answers is what it gets. */
export const askAnswer: Story = {
  name: 'ask_answer',
  scripts: { paint: () => [{ run: ASK }, { run: PUBLISH }, { say: 'It is painted.' }] },
  async play({ app }, cli) {
    await app.github.comment(REPOSITORY, 1, `/orch --agent ${cli} paint it [[script:paint]]`, 'writer');
    await app.until(() => app.daemon.store.tasks.get(1)?.question === 'Which colour?');
    await app.github.comment(REPOSITORY, 1, '/orch say blue', 'writer');
    const task = await app.ended(1, 'completed');
    await app.quiet();
    const answer = await repositoryOf(app.github).git.run(['show', `${task.head}:answer.txt`]);
    expectThat(answer.includes('blue'), `the agent has got the answer: ${answer}`);
    expectThat(app.daemon.store.inputs.get(1)?.arrivedAt != null, 'it is seen to have arrived');
    expectThat(app.task(1).question === null, 'no question is open');
  },
};
