import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readProgress } from '../../src/agent/watch/progress.ts';
import { homePaths } from '../../src/config/paths.ts';
import { runName } from '../../src/task/glossary.ts';
import { GOOD_AGENT, REPOSITORY, startTestApp } from '../support/app.ts';
import { replayingCli } from '../support/replay.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const CLIS = ['claude', 'codex', 'gemini', 'opencode'];

/** A profile of orch.yaml alone. */
const TALKER = {
  command: ['sh', '-c', `printf '{"say":"I fix it."}\\n'; (${GOOD_AGENT}) >&2; printf '{"done":true}\\n'`],
  events: [
    { when: { say: { match: '.' } }, as: 'text', take: { text: 'say' } },
    { when: { done: true }, as: 'end' },
  ],
};

it('the event streams of the built-in CLIs, and of one of your own, are narrated from comment to pull request', async () => {
  await using folder = await temporaryDirectory();
  for (const cli of CLIS) await replayingCli(folder.path, cli, { story: 'success', work: GOOD_AGENT });
  const builtIn = CLIS.map(cli => [cli, { expose: { write: [] } }]);
  await using app = await startTestApp({
    settings: { agents: { ...Object.fromEntries(builtIn), talker: TALKER } },
    env: { PATH: `${folder.path}:${process.env.PATH}` },
  });
  const agents = [...CLIS, 'talker'];
  for (const agent of agents) {
    const { number } = await app.github.openIssue(REPOSITORY, { title: agent, user: 'reader' });
    await app.github.comment(REPOSITORY, number, `/orch --agent ${agent} fix it`, 'writer');
  }
  const tasks = await Promise.all(agents.map((_, index) => app.ended(index + 1, 'completed')));
  const paths = homePaths(app.home);
  const seen = tasks.map(({ id, agent }) => {
    const name = runName(id, 1);
    const progress = readProgress(paths.run(name));
    const shown = readFileSync(paths.runLog(name), 'utf8');
    const raw = readFileSync(join(paths.run(name), 'events.jsonl'), 'utf8').split('\n');
    return { agent, run: app.runs(id)[0], progress, shown, events: raw.filter(line => line.startsWith('{')) };
  });
  for (const { agent, run, progress, shown, events } of seen.slice(0, CLIS.length)) {
    expect(progress, agent as string).toMatchObject({ state: 'ended', text: 'Done.', end: { ok: true } });
    expect(progress?.usage).toMatchObject({ input: 200, output: 20 });
    expect(run).toMatchObject({ outcome: 'succeeded', exitCode: 0, session: expect.any(String) });
    expect(shown).toMatch(/\d:\d\d.* › \w+ echo hello\r\n/);
    expect(shown).toMatch(/✓ done, 200 tokens in, 20 out/);
    expect(events.length).toBeGreaterThan(4);
  }
  expect(seen.at(-1)).toMatchObject({
    run: { outcome: 'succeeded' },
    progress: { state: 'ended', text: 'I fix it.', end: { ok: true } },
    shown: expect.stringMatching(/\d:\d\d +I fix it\.\r\n/),
  });
});
