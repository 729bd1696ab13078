import { data, Evaluator, Lexer, Parser } from '@actions/expressions';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { textOf } from '../structure/source.ts';

const { jobs } = parse(textOf('docs/workflows/run.yml'));

/** What GitHub's own evaluator makes of an expression in the light of an event. */
function evaluate(expression: string, event: object) {
  const github = { event, repository: 'acme/shop', run_id: '42' };
  const context = JSON.parse(JSON.stringify({ github }), data.reviver);
  const { tokens } = new Lexer(expression).lex();
  return new Evaluator(new Parser(tokens, ['github'], []).parse(), context).evaluate();
}

/** The jobs that an event starts; those that their `if:` skips join no group. */
function started(event: object): string[] {
  return Object.keys(jobs).filter(name => evaluate(jobs[name].if, event).coerceString() === 'true');
}

const sender = { type: 'User' };
const issue = { number: 7 };
const pullOf = (repository: string | null) => ({
  number: 8,
  head: { repo: repository && { full_name: repository } },
});
const comment = (body: string, more = {}) => ({ sender, issue, comment: { body }, ...more });

describe('run.yml', () => {
  it.each([
    ['a command', comment('/orch fix it'), ['task']],
    ['a command after other words', comment('Thanks.\n\n/orch fix it'), ['task']],
    ['a command of Orch’s own or another bot', comment('/orch fix it', { sender: { type: 'Bot' } }), []],
    ['other words', comment('thanks!'), []],
    ['an empty comment', comment(''), []],
    ['a cancel', comment('/orch cancel'), ['steer']],
    ['a retry of a task', comment('/orch retry T42'), ['steer']],
    ['a label', { sender, issue, label: { name: 'orch:claude' } }, ['task']],
    ['another label', { sender, issue, label: { name: 'bug' } }, []],
    ['a review', { sender, review: { body: '/orch fix it' }, pull_request: pullOf('acme/shop') }, ['task']],
    ['a review without words', { sender, review: { body: null }, pull_request: pullOf('acme/shop') }, []],
    [
      'a review of a fork',
      { sender, review: { body: '/orch fix it' }, pull_request: pullOf('eve/shop') },
      [],
    ],
    [
      'a review of a fork that is gone',
      { sender, review: { body: '/orch fix it' }, pull_request: pullOf(null) },
      [],
    ],
    [
      'a comment in a review',
      { sender, comment: { body: '/orch fix it' }, pull_request: pullOf('acme/shop') },
      ['task'],
    ],
    [
      'a cancel in a review of a fork',
      { sender, comment: { body: '/orch cancel' }, pull_request: pullOf('eve/shop') },
      [],
    ],
  ])('starts for %s what it should', (_, event, names) => {
    expect(started(event)).toEqual(names);
  });

  it('lets tasks of one issue or pull request wait for each other, and nothing take their place', () => {
    const { group, ...rest } = jobs.task.concurrency;
    const number = (event: object) =>
      group.replace(/\$\{\{(.*?)\}\}/, (_: string, inner: string) => evaluate(inner, event).coerceString());
    expect(number(comment('/orch a'))).toBe('orch-7');
    expect(number({ sender, pull_request: pullOf('acme/shop') })).toBe('orch-8');
    expect(rest).toEqual({ queue: 'max' });
    expect(parse(textOf('docs/workflows/run.yml'))).not.toHaveProperty('concurrency');
  });

  it('keeps from whom it has an agent for the right to cancel runs, and from the other the right to push', () => {
    expect(jobs.task.permissions).not.toHaveProperty('actions');
    expect(jobs.steer.permissions).toMatchObject({ actions: 'write', contents: 'read' });
    expect(jobs.steer).not.toHaveProperty('concurrency');
  });
});
