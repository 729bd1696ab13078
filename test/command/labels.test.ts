import { describe, expect, it } from 'vitest';
import { parseLabels } from '../../src/command/labels.ts';

describe('a label starts a task', () => {
  it.each([
    ['orch', ['orch'], {}],
    ['Orch', ['Orch', 'bug'], {}],
    ['orch:claude', ['orch:claude'], { agent: 'claude' }],
    ['orch', ['orch', 'orch:high'], { priority: 'high' }],
    ['orch:plan', ['Orch:Plan'], { plan: true }],
    ['orch', ['orch', 'orch:plan', 'orch:low'], { plan: true, priority: 'low' }],
    ['orch', ['orch:codex', 'orch', 'ORCH:LOW'], { agent: 'codex', priority: 'low' }],
    [
      'orch:claude',
      ['orch:codex', 'orch:claude', 'orch:high', 'orch:low'],
      { agent: 'claude', priority: 'high' },
    ],
  ])('%s among %j', (added, all, expected) => expect(parseLabels(added, all)).toEqual(expected));

  it('under another name, where the repository chose one', () => {
    expect(parseLabels('bot', ['bot', 'bot:high', 'orch:low'], 'bot')).toEqual({ priority: 'high' });
    expect(parseLabels('orch', ['orch'], 'bot')).toBeNull();
  });
});

describe('a label starts nothing', () => {
  it.each(['bug', 'orch:high', 'orch:low', 'orch:normal', 'orch:', 'orch: x', 'orchid', 'my orch'])(
    '%s',
    added => expect(parseLabels(added, [added, 'orch'])).toBeNull(),
  );
});
