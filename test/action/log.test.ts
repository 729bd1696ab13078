import { describe, expect, it, vi } from 'vitest';
import { say, sayEvent } from '../../src/action/log.ts';

function printed(act: () => void): string[] {
  let text = '';
  const stdout = vi.spyOn(process.stdout, 'write').mockImplementation(chunk => {
    text += chunk;
    return true;
  });
  act();
  stdout.mockRestore();
  return text.trimEnd().split('\n');
}

describe('the log of a job', () => {
  it.each([
    ['::add-mask::a', ':\u200b:add-mask::a'],
    ['  ::error::no\r::stop-commands::x', '  :\u200b:error::no\n:\u200b:stop-commands::x'],
    ['see ##[set-output name=a]b', 'see ##\u200b[set-output name=a]b'],
    ['\u001b[2J\u0007::group::g', '[2J::group::g'],
    ['std::vector<int>', 'std::vector<int>'],
    [`ghp_${'a'.repeat(36)} in /srv/workspaces/T42.1/tree/a.ts`, '[redacted] in a.ts'],
  ])('has no command to the runner in %j, no secret and no folder of the host', (text, line) => {
    expect(printed(() => say(text))).toEqual(line.split('\n'));
  });

  it('has a group for each run', () => {
    const run = { run: 1, agent: 'claude-1' };
    const ended = { run: 1, outcome: 'succeeded', exitCode: 0, reason: null } as const;
    const lines = printed(() => {
      sayEvent({ seq: 1, at: 0, task: 42, type: 'run:claimed', data: run });
      sayEvent({ seq: 2, at: 0, task: 42, type: 'run:progress', data: { run: 1, text: '::endgroup::' } });
      sayEvent({ seq: 3, at: 0, task: 42, type: 'run:ended', data: ended });
    });
    expect(lines).toEqual([
      '::group::T42.1 by claude-1',
      'taken by claude-1',
      'the agent says: ::endgroup::',
      'run ended: succeeded',
      '::endgroup::',
    ]);
  });
});
