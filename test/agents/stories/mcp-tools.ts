import { REPOSITORY, repositoryOf } from '../../support/app.ts';
import { expectThat, type Story } from '../story.ts';
import { COMMIT } from './work.ts';

const PULL = { title: 'Paint it', body: 'Painted.' };

/** What an agent tells and asks by Orch's MCP server, by its CLI's own client: people see it, and the model gets the answers. */
export const mcpTools: Story = {
  name: 'mcp_tools',
  scripts: {
    paint: () => [
      { call: { tool: 'progress', input: { text: 'I mix the colours.' } } },
      { call: { tool: 'ask', input: { question: 'Which colour?' } } },
      { run: COMMIT },
      { call: { tool: 'open_pull_request', input: PULL } },
      { call: { tool: 'done', input: { summary: 'It is painted.' } } },
      { say: 'It is painted.' },
    ],
  },
  async play({ app, models }, cli) {
    await app.github.comment(REPOSITORY, 1, `/orch --agent ${cli} paint it [[script:paint]]`, 'writer');
    await app.until(() => app.daemon.store.tasks.get(1)?.question === 'Which colour?');
    await app.github.comment(REPOSITORY, 1, '/orch say turquoise', 'writer');
    const task = await app.ended(1, 'completed');
    await app.quiet();
    const told = app.daemon.store.journal.ofTask(1).filter(event => event.type === 'run:progress');
    expectThat(told[0]?.data.text === 'I mix the colours.', 'its progress is told');
    expectThat(models.heard('turquoise'), 'its model has got the answer');
    const pull = repositoryOf(app.github).issues.get(task.pull ?? 0);
    expectThat(pull?.title === PULL.title, 'it has opened the pull request');
    expectThat(models.heard(`pull/${task.pull}`), 'its model knows of the pull request');
    // A model that is not offered a tool refuses, and is asked again.
    const calls = models.calls.filter(call => call.script === 'paint').length;
    expectThat(calls <= 6, `its model is offered each tool at once, and not called ${calls} times`);
  },
};
