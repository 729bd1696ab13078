import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { homePaths } from '../../src/config/paths.ts';
import { REPOSITORY, repositoryOf, startTestApp } from '../support/app.ts';

describe('a comment', () => {
  it('becomes a pull request, told by a sticky comment and a check run', async () => {
    await using app = await startTestApp();
    const asked = await app.github.comment(REPOSITORY, 1, '/orch fix the total', 'writer');
    const task = await app.ended(1, 'completed');
    await app.quiet();

    expect(task).toMatchObject({
      branch: 'orch/T1-fix-the-total',
      target: 'main',
      pull: 2,
      pullState: 'open',
    });
    const repository = repositoryOf(app.github);
    expect(repository.comments.get(asked.id)?.reactions.map(each => each.content)).toEqual(['eyes']);
    const comments = app.comments(1);
    expect(comments).toHaveLength(2);
    expect(comments[1]).toContain('orch-simulated[bot]: <!-- orch:task T1 -->\n### ✅ T1 is completed');
    expect(comments[1]).toContain('| Pull request | #2 |');
    const checks = [...repository.checkRuns.values()];
    expect(checks).toMatchObject([
      { name: 'orch', headSha: task.head, status: 'completed', conclusion: 'neutral' },
    ]);
    expect(checks[0]?.output.summary).toContain('without a sandbox');
    const pull = repository.issues.get(2);
    expect(pull?.body).toContain('Closes #1.');
    expect(pull?.pull?.requestedReviewers.map(user => user.login)).toEqual(['writer']);
  });

  it('leaves a result, a log of the run and lines in the central log', async () => {
    await using app = await startTestApp({
      agents: { good: 'echo hello; echo x > x; git add x; git commit -qm x; git push -q; gh pr create -f' },
    });
    await app.github.comment(REPOSITORY, 1, '/orch fix the total', 'writer');
    const task = await app.ended(1, 'completed');
    await app.quiet();
    const paths = homePaths(app.home);
    expect(JSON.parse(readFileSync(paths.result('T1.1'), 'utf8'))).toMatchObject({
      task: 'T1',
      run: 'T1.1',
      agent: 'good-1',
      status: 'succeeded',
      exit: 0,
      branch: 'orch/T1-fix-the-total',
      head: task.head,
      pull_request: { number: 2 },
      files_modified: ['x'],
      tokens: null,
      error: null,
    });
    expect(readFileSync(paths.runLog('T1.1'), 'utf8')).toContain('hello');
  });

  it('makes commits that are the App’s, with who asked as co-author', async () => {
    await using app = await startTestApp();
    await app.github.comment(REPOSITORY, 1, '/orch fix the total', 'writer');
    const task = await app.ended(1, 'completed');
    const commit = await repositoryOf(app.github).git.run(['cat-file', 'commit', task.head as string]);
    const bot = app.github.world.app.bot;
    expect(commit).toMatch(
      new RegExp(
        `author orch-simulated\\[bot\\] <${bot.id}\\+orch-simulated\\[bot\\]@users.noreply.127.0.0.1>`,
      ),
    );
    expect(commit).toMatch(/Co-authored-by: writer <\d+\+writer@users.noreply.127.0.0.1>/);
  });

  it('starts nothing twice when its delivery comes again, or when it is edited', async () => {
    await using app = await startTestApp();
    app.github.faults.add({ match: { delivery: 'issue_comment' }, effect: { kind: 'double' } });
    const asked = await app.github.comment(REPOSITORY, 1, '/orch fix the total', 'writer');
    await app.github.editComment(REPOSITORY, asked.id, '/orch fix something else', 'writer');
    await app.ended(1, 'completed');
    await app.quiet();
    expect(app.daemon.store.tasks.list(10)).toHaveLength(1);
    expect(app.comments(1)).toHaveLength(2);
  });

  it('with several commands makes several tasks, and the same one again is told of the first', async () => {
    await using app = await startTestApp({ agents: { slow: 'sleep 60' } });
    await app.github.comment(REPOSITORY, 1, '/orch fix the total\n\n/orch write docs', 'writer');
    await app.until(() => app.daemon.store.tasks.get(2)?.state === 'running');
    await app.github.comment(REPOSITORY, 1, '/orch write docs', 'writer');
    await app.until(() => app.comments(1).some(text => text.includes('T2 is at it already')));
    expect(app.daemon.store.tasks.list(10).map(task => task.instruction)).toEqual([
      'write docs',
      'fix the total',
    ]);
    await app.github.comment(REPOSITORY, 1, '/orch cancel T1\n/orch cancel T2', 'writer');
    await app.ended(1, 'cancelled');
    await app.ended(2, 'cancelled');
  });

  it('with a mistake gets one answer that names it, and queues nothing', async () => {
    await using app = await startTestApp();
    await app.github.comment(REPOSITORY, 1, '/orch cancle', 'writer');
    await app.github.comment(REPOSITORY, 1, '/orch --agnt x fix it', 'writer');
    await app.github.comment(REPOSITORY, 1, '/orch --agent goood fix it', 'writer');
    await app.github.comment(REPOSITORY, 1, Array(11).fill('/orch help').join('\n'), 'writer');
    await app.until(() => app.comments(1).length === 8);
    const answers = app.comments(1).filter(text => text.startsWith('orch-simulated'));
    expect(answers[0]).toContain('`/orch cancel`');
    expect(answers[1]).toContain('`--agent`');
    expect(answers[2]).toContain('did you mean `good`?');
    expect(answers[3]).toContain('10 are taken at most');
    expect(app.daemon.store.tasks.list(10)).toEqual([]);
  });

  it('asks for status and help', async () => {
    await using app = await startTestApp();
    await app.github.comment(REPOSITORY, 1, '/orch fix the total', 'writer');
    await app.ended(1, 'completed');
    await app.github.comment(REPOSITORY, 1, '/orch status\n/orch help', 'writer');
    await app.until(() => app.comments(1).length === 5);
    expect(app.comments(1)[3]).toContain('| T1 | completed | #2 | fix the total |');
    expect(app.comments(1)[4]).toContain('`/orch cancel [TASK]`');
  });

  it.each(['reader', 'triager', 'stranger'])('by a %s is refused, politely and once', async user => {
    await using app = await startTestApp();
    const first = await app.github.comment(REPOSITORY, 1, '/orch fix the total', user);
    await app.github.comment(REPOSITORY, 1, '/orch fix the total now', user);
    await app.until(() => app.comments(1).length === 3 && app.daemon.store.inbox.waiting() === 0);
    const repository = repositoryOf(app.github);
    expect(repository.comments.get(first.id)?.reactions.map(each => each.content)).toEqual(['confused']);
    expect(app.comments(1)[2]).toContain('Sorry, `');
    expect(app.daemon.store.tasks.list(10)).toEqual([]);
  });

  it('is refused while GitHub does not say who may', async () => {
    await using app = await startTestApp();
    app.github.faults.add({ match: { path: /\/permission$/ }, effect: { kind: 'status', status: 403 } });
    await app.github.comment(REPOSITORY, 1, '/orch fix the total', 'writer');
    await app.until(() => app.comments(1).some(text => text.includes('Sorry')));
    expect(app.daemon.store.tasks.list(10)).toEqual([]);
  });

  it('in a repository that the server does not allow is a line in the log', async () => {
    await using app = await startTestApp({
      settings: { github: { throttle: false, allow_repositories: ['other/*'] } },
    });
    await app.github.comment(REPOSITORY, 1, '/orch fix the total', 'writer');
    await app.quiet();
    expect(app.comments(1)).toHaveLength(1);
    expect(app.daemon.store.tasks.list(10)).toEqual([]);
  });

  it('reaches the agent as it was written, and nowhere else', async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: what a shell would expand must arrive unexpanded
    const nasty = '`$(touch marker)` "; touch marker; \' ${HOME} %s \\n 👩‍💻 <b> \u001b[201~ end';
    const long = 'x'.repeat(60_000);
    await using app = await startTestApp({
      agents: {
        good: 'cat "$ORCH_PROMPT_FILE" > prompt.txt; git add -A; git commit -qm x; git push -q; gh pr create -f',
      },
    });
    await app.github.comment(REPOSITORY, 1, `/orch fix ${nasty}\n${long}`, 'writer');
    const task = await app.ended(1, 'completed');
    const git = repositoryOf(app.github).git;
    const prompt = await git.run(['show', `${task.head}:prompt.txt`]);
    expect(prompt).toContain(`fix ${nasty.replace('\u001b', '')}\n${long}`);
    expect(await git.run(['ls-tree', '-r', '--name-only', task.head as string])).not.toContain('marker');
    expect(existsSync('marker')).toBe(false);
  });
});
