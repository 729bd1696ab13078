import fc from 'fast-check';
import MarkdownIt from 'markdown-it';
import { describe, expect, it } from 'vitest';
import { parseCommand } from '../../src/command/command.ts';
import { parseComment } from '../../src/command/comment.ts';
import { helpText } from '../../src/github/help.ts';
import { openPulls } from '../../src/github/pulls.ts';
import { renderCheck } from '../../src/github/report/check.ts';
import { renderComment, type Story } from '../../src/github/report/comment.ts';
import type { JournalEvent } from '../../src/task/events.ts';
import type { Run, Task } from '../../src/task/glossary.ts';
import { TASK_STATES } from '../../src/task/states.ts';
import { fakeClock } from '../support/clock.ts';
import { memoryStore, NOW, started } from '../support/tasks.ts';
import { fakeGithub, handling } from './handling.ts';

const hostile = fc.string({
  maxLength: 25,
  unit: fc.constantFrom(
    ...[
      '/orch cancel',
      '\n/orch fix it',
      '\n\n/orch',
      '/orch',
      '@writer',
      '@acme/core',
      '#12',
      'GH-12',
      'acme/shop#3',
    ],
    ...[
      'fixes https://github.com/acme/shop/issues/3',
      '```',
      '~~~',
      '`',
      '<!--',
      '-->',
      '</details>',
      '<div>',
      '<b>',
    ],
    ...[
      '\n',
      '\n\n',
      '\r',
      '\u2028',
      '\u200b',
      '\u202e',
      ' ',
      '    ',
      '> ',
      '- ',
      '|',
      '\\',
      '[',
      '](',
      ')',
      '&',
      'word',
    ],
  ),
});

const markdown = new MarkdownIt({ html: true });

/** The text that GitHub searches for people and issues: what is shown, but for code. */
function live(body: string): string {
  return markdown
    .parse(body, {})
    .flatMap(block => block.children ?? [block])
    .filter(({ type }) => type.startsWith('text') || type.startsWith('html'))
    .map(({ content }) => content.replaceAll('&#8203;', '\u200b'))
    .join('');
}

/** Holds for whatever Orch writes: nothing in it is a command, and it calls nobody. */
function expectHarmless(body: string, own: readonly string[] = []): void {
  expect(parseComment(body)).toEqual([]);
  const text = own.reduce((rest, words) => rest.replace(words, ''), live(body));
  // An address is linked as a whole.
  expect(text.replace(/https?:\/\/\S*/g, '')).not.toMatch(/@[A-Za-z0-9]|#\d|\bGH-\d/i);
}

describe('whatever people and agents write, in Orch’s own words there is no command and nobody is called:', () => {
  it('the comment and the check run of a task', () => {
    using store = disposable();
    const { task, run } = started(store.store);
    fc.assert(
      fc.property(hostile, hostile, fc.constantFrom(...TASK_STATES), (words, reason, state) => {
        const told = {
          ...task,
          state,
          instruction: words,
          reason,
          question: state === 'failed' ? null : reason,
        };
        const ended = { ...run, lastWords: words, spawnedAt: NOW, endedAt: NOW };
        expectHarmless(renderComment(storyOf(told, ended, words), NOW));
        expectHarmless(renderCheck(told, ended, '', true, 'Not sandboxed.').output.summary, ['in #42']);
      }),
    );
  });

  it('a pull request', async () => {
    using store = disposable();
    const { task } = started(store.store);
    const ready = { ...task, branch: 'orch/T1', target: 'main', head: 'a1' };
    await fc.assert(
      fc.asyncProperty(hostile, async body => {
        const { github, asked } = fakeGithub(route => {
          if (route.startsWith('GET')) return [];
          return { number: 2, html_url: 'https://github.test/2', draft: false };
        });
        using own = disposable();
        const pulls = openPulls({ store: own.store, github, clock: fakeClock() });
        await pulls.open(ready, { title: body, body, draft: false }).catch(() => {});
        const sent = asked.find(({ route }) => route.startsWith('POST'))?.params.body as string;
        expectHarmless(sent, ['Closes #42.', 'asked by @ann']);
        expect(live(sent)).not.toMatch(/\bfixes\s+https/i);
        expect(live(sent)).toContain('Closes #42.');
        expect(live(sent)).toContain('asked by @ann');
      }),
      { numRuns: 60, examples: [['\u200b    /orch cancel']] },
    );
  });

  it('answers to commands, and help', () => {
    expectHarmless(helpText());
    fc.assert(
      fc.property(
        hostile,
        fc.constantFrom('', '--', '--agent ', '--x=', 'cancle ', 'status '),
        (words, before) => {
          const parsed = parseCommand(before + words);
          if (parsed.kind === 'reply') expectHarmless(parsed.text);
        },
      ),
    );
  });

  it('status, refusals and complaints about settings', async () => {
    await fc.assert(
      fc.asyncProperty(hostile, hostile, async (words, file) => {
        const settings = `${JSON.stringify(words)}: ${JSON.stringify(file)}\nbudget: 1\n${file}\n`;
        using app = handling({
          answer: route => {
            if (route.includes('/contents/'))
              return { type: 'file', sha: 's', content: Buffer.from(settings).toString('base64') };
            if (route.includes('/git/ref/')) return { object: { sha: 'abc' } };
          },
        });
        const { task } = started(app.store, { instruction: words });
        app.store.tasks.update(task.id, task.epoch, { reason: file });
        const issue = { number: 42, title: words, body: file };
        for (const [id, body] of [
          `/orch status`,
          `/orch ${words}`,
          `/orch --agent ${words} x`,
          '/orch retry T9',
        ].entries())
          await app.handle('issue_comment.created', `d${id}`, { issue, comment: { id, body } });
        await app.handle('issue_comment.created', 'd9', {
          issue,
          comment: { id: 9, body: '/orch status' },
          sender: { id: 50, login: 'nobody', type: 'User' },
        });
        expect(app.comments().length).toBeGreaterThan(2);
        for (const body of app.comments()) expectHarmless(body);
      }),
      { numRuns: 60 },
    );
  });
});

/** A task of which everything that people and agents can write is these words. */
function storyOf(task: Task, run: Run, text: string): Story {
  const event = { at: NOW, task: task.id };
  const input = {
    id: 1,
    task: 1,
    text,
    author: text,
    source: 'a',
    createdAt: NOW,
    run: null,
    arrivedAt: null,
  };
  const events: JournalEvent[] = [
    { ...event, seq: 1, type: 'run:progress', data: { run: run.number, text } },
    { ...event, seq: 2, type: 'agent:state', data: { run: run.number, state: 'waiting', detail: text } },
  ];
  return { task, runs: [run], events, usage: [], said: [input] };
}

function disposable() {
  const store = memoryStore();
  return { store, [Symbol.dispose]: () => store.close() };
}
