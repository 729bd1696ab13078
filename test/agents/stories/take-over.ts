import { setTimeout as delay } from 'node:timers/promises';
import { openTerminals, screenOf } from '../../../src/agent/terminals.ts';
import { agentState } from '../../../src/agent/watch/state.ts';
import { homePaths } from '../../../src/config/paths.ts';
import { loadSettings } from '../../../src/config/settings.ts';
import { silentLog } from '../../../src/shared/log.ts';
import { REPOSITORY, repositoryOf, type TestApp } from '../../support/app.ts';
import { expectThat, type Story } from '../story.ts';
import { expectOnePullRequest } from './one-pull-request.ts';
import { COMMIT, FINISH } from './work.ts';

const TYPED = "printf 'typed\\n' > typed.txt && git add typed.txt && git commit -qm 'Type it'";

/** A person takes over, is asked nothing, has it do something, and leaves: the agent goes on in the same session. */
export const takeOver: Story = {
  name: 'take_over',
  scripts: {
    begin: () => [{ run: COMMIT }, { fail: 'hang' }],
    typed: () => [{ run: TYPED }, { say: 'It is typed.' }],
    finish: () => [{ run: FINISH }, { say: 'It is done.' }],
  },
  async play({ app, models, alive }, cli) {
    await app.github.comment(REPOSITORY, 1, `/orch --agent ${cli} fix the total [[script:begin]]`, 'writer');
    await app.until(() => models.calls.some(call => call.script === 'begin' && call.step === 1));
    await app.until(() => app.runs(1)[0]?.session);
    app.daemon.takeOver(1, 'ann');
    await app.until(() => app.runs(1)[1]?.spawnedAt);
    using person = sitDown(app, cli);
    await person.waits();
    await app.github.comment(REPOSITORY, 1, '/orch say finish it [[script:finish]]', 'writer');
    await person.types('type it [[script:typed]]');
    await app.until(() => models.calls.some(call => call.script === 'typed' && call.step === 1));
    await person.waits();
    await person.leaves(() => app.runs(1)[1]?.endedAt !== null);
    await expectOnePullRequest(app);
    const [first, second, third] = app.runs(1);
    expectThat(second?.keyboard === 'ann' && third?.keyboard === null, 'the keyboard was given back');
    expectThat(
      first?.session != null && second?.session === first.session && third?.session === first.session,
      'all went on in one session',
    );
    const files = await repositoryOf(app.github).git.run(['ls-tree', '--name-only', `${app.task(1).head}`]);
    expectThat(files.includes('typed.txt'), 'what was typed is on GitHub');
    expectThat(alive().length === 0, `nothing is left of: ${alive().join('; ')}`);
  },
};

const LOOK_MS = 500;

/** Somebody before the terminal of `T1.2`. */
function sitDown(app: TestApp, cli: string) {
  const terminals = openTerminals({ directory: homePaths(app.home).tmux, log: silentLog() });
  const { settings } = loadSettings({ env: {}, text: `agents: { ${cli}: {} }` });
  const [profile] = settings.profiles;
  const screen = async () => (await screenOf(terminals, 'T1.2')) ?? '';
  const press = (...keys: string[]) => terminals.tmux(['send-keys', '-t', '=T1-2:main', ...keys]);
  return {
    /** Until it takes a prompt. What it asks before that nobody answers. */
    async waits() {
      for (;;) {
        if (app.runs(1)[1]?.endedAt !== null) throw new Error(`not so: ${cli} waits for a prompt`);
        const signs = { progress: null, quietMs: 60_000, screen: await screen() };
        const { state, detail } = agentState(
          signs,
          (profile as NonNullable<typeof profile>).screen,
          Infinity,
        );
        expectThat(state !== 'waiting', `${cli} asks nothing, but: ${detail}`);
        if (state === 'idle') return;
        await delay(LOOK_MS);
      }
    },
    async types(text: string) {
      // What is typed before it listens may be lost.
      while (!(await screen()).includes(text)) {
        await press('-l', text);
        await delay(2 * LOOK_MS);
      }
      await press('Enter');
    },
    async leaves(isGone: () => boolean) {
      while (!isGone()) {
        await press('C-c');
        await delay(LOOK_MS);
      }
    },
    [Symbol.dispose]: () => terminals[Symbol.dispose](),
  };
}
