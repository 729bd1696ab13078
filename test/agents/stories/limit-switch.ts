import { CLIS, type Cli, type Step } from '../../models/script.ts';
import { REPOSITORY } from '../../support/app.ts';
import { expectThat, type Story } from '../story.ts';
import { expectOnePullRequest } from './one-pull-request.ts';
import { COMMIT, FINISH } from './work.ts';

const other = (cli: Cli): Cli => (cli === 'codex' ? 'claude' : 'codex');

const cut = (): Step[] => [{ run: COMMIT }, { refuse: 429, resetsAt: new Date(Date.now() + 3_600_000) }];

/** Cut off by its vendor's limit after its first commit; another CLI finishes, and one pull request has both. */
export const limitSwitch: Story = {
  name: 'limit_switch',
  with: cli => [other(cli)],
  settings: { policies: { on_limit: 'switch' } },
  scripts: Object.fromEntries(
    CLIS.map(first => [
      `cut-${first}`,
      cli => (cli === first ? cut() : [{ run: FINISH }, { say: 'It is done.' }]),
    ]),
  ),
  async play({ app }, cli) {
    const ask = `/orch --agent ${cli} fix the total [[script:cut-${cli}]]`;
    await app.github.comment(REPOSITORY, 1, ask, 'writer');
    await expectOnePullRequest(app);
    const [first, second] = app.runs(1);
    expectThat(first?.outcome === 'rate_limited', `the first run is rate limited, not ${first?.outcome}`);
    expectThat(first?.profile === cli && second?.profile === other(cli), 'the other CLI has finished');
    expectThat(app.task(1).tries === 0, 'no try is counted');
  },
};
