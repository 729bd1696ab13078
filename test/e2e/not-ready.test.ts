import { expect, it } from 'vitest';
import { REPOSITORY, startTestApp } from '../support/app.ts';
import { replayingCli } from '../support/replay.ts';
import { temporaryDirectory } from '../support/temporary.ts';

it('an agent that can not work fails its task at once, with what to run', async () => {
  await using folder = await temporaryDirectory();
  await replayingCli(folder.path, 'codex', { story: 'success', work: ':' });
  await using app = await startTestApp({
    settings: { agents: { codex: {}, gemini: {}, claude: { command: ['no-such-claude'] } } },
    env: { PATH: `${folder.path}:/usr/bin:/bin`, OPENAI_API_KEY: '' },
  });
  const issues: number[] = [];
  for (const agent of ['codex', 'gemini', 'claude']) {
    const { number } = await app.github.openIssue(REPOSITORY, { title: agent, user: 'reader' });
    await app.github.comment(REPOSITORY, number, `/orch --agent ${agent} fix it`, 'writer');
    issues.push(number);
  }
  const tasks = await Promise.all([1, 2, 3].map(id => app.ended(id, 'failed')));
  expect(tasks.map(({ reason }) => reason)).toEqual([
    expect.stringMatching(/^E_AGENT_NOT_READY: codex is not signed in\. .*`codex login`/),
    expect.stringMatching(
      /^E_MISSING_PROGRAM: gemini is not installed.*`npm install -g @google\/gemini-cli`/,
    ),
    expect.stringMatching(/^E_MISSING_PROGRAM: no-such-claude is not installed.*agents\.claude\.command/),
  ]);
  expect(tasks.map(({ runs, tries }) => ({ runs, tries }))).toEqual(Array(3).fill({ runs: 1, tries: 0 }));
  await app.quiet();
  const comments = issues.flatMap(issue => app.comments(issue)).join('\n');
  expect(comments).toContain('`npm install -g @google/gemini-cli`');
});
