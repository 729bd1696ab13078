import { describe, expect, it } from 'vitest';
import { parseCommand } from '../../src/command/command.ts';
import { readOption } from '../../src/command/options.ts';

const run = (instruction: string, options = {}) => ({ kind: 'run', instruction, options });

describe('an instruction', () => {
  it.each([
    ['fix it', 'fix it'],
    ['"fix it"', 'fix it'],
    ["'fix it'", 'fix it'],
    ['“fix it”', 'fix it'],
    ['„fix it“', 'fix it'],
    ['"fix\nit"', 'fix\nit'],
    ['"a" and "b"', '"a" and "b"'],
    ["'don't'", "'don't'"],
    ['"', '"'],
    ['-- status page is wrong', 'status page is wrong'],
    ['-- --agent is broken', '--agent is broken'],
    ['-- fix --priority high', 'fix --priority high'],
    ['"status page is wrong"', 'status page is wrong'],
    ['"cancle"', 'cancle'],
    ['fix', 'fix'],
    ['fix the --verbose flag', 'fix the --verbose flag'],
    ['describe --agent in the docs', 'describe --agent in the docs'],
    ['set --priority hgih', 'set --priority hgih'],
    ['-v is ignored', '-v is ignored'],
    ['\n\nfix it', 'fix it'],
    ['constructor', 'constructor'],
  ])('%j is %j', (text, instruction) => expect(parseCommand(text)).toEqual(run(instruction)));
});

describe('options', () => {
  it.each([
    ['--agent claude fix', run('fix', { agent: 'claude' })],
    ['--agent=claude --priority high fix', run('fix', { agent: 'claude', priority: 'high' })],
    ['--model="gpt-5.2" fix', run('fix', { model: 'gpt-5.2' })],
    ['--budget 2.5usd fix', run('fix', { budget: { usd: 2.5, tokens: null } })],
    ['fix --budget=1usd,500kTokens', run('fix', { budget: { usd: 1, tokens: 500_000 } })],
    ['--capability tests fix --capability=docs', run('fix', { capabilities: ['tests', 'docs'] })],
    ['earn --budget nothing', run('earn --budget nothing')],
    ['--base release/2.0 -- fix --it', run('fix --it', { base: 'release/2.0' })],
    ['--plan fix it', run('fix it', { plan: true })],
    ['--plan --agent claude fix', run('fix', { plan: true, agent: 'claude' })],
    ['--agent claude fix it --plan', run('fix it', { plan: true, agent: 'claude' })],
    ['fix --plan --budget 1usd', run('fix', { plan: true, budget: { usd: 1, tokens: null } })],
    ['write the --plan down', run('write the --plan down')],
    ['fix --priority low --timeout 45m', run('fix', { priority: 'low', timeoutSeconds: 2700 })],
    ['"fix it" --priority=low\nmore', run('"fix it"\nmore', { priority: 'low' })],
    ['--after T3 --after=task_004 --priority low fix', run('fix', { after: [3, 4], priority: 'low' })],
    ['fix --after 3 --after T4', run('fix', { after: [4, 3] })],
    ['look --after lunch', run('look --after lunch')],
    ['--agent claude\nfix it', run('fix it', { agent: 'claude' })],
    ['--agent claude fix --base main', run('fix', { agent: 'claude', base: 'main' })],
  ])('%j', (text, expected) => expect(parseCommand(text)).toEqual(expected));

  it.each([
    ['1m', 60],
    ['90s', 90],
    ['45m', 2700],
    ['1h30m', 5400],
    ['24h', 86_400],
  ])('a time-out of %s is %i seconds', (text, timeoutSeconds) => {
    expect(readOption('timeout', text)).toEqual({ timeoutSeconds });
  });

  it.each(['', '45', '45min', '59s', '24h1s', '-5m', '1.5h', 'm', '30m1h', '٣m', '999999h'])(
    'a time-out of %j is none',
    text => expect(readOption('timeout', text)).toBeNull(),
  );

  it.each([
    '-x',
    'a..b',
    'a b',
    '/a',
    'a/',
    'a//b',
    '.a',
    'a/.b',
    'a.lock',
    'a~1',
    'a^',
    'a:b',
    'a?',
    'a*',
    'a[',
    'a\\b',
    'a@{b',
    'a.',
    '',
    'a\u0007',
    'x'.repeat(201),
  ])('%j is no branch', text => expect(readOption('base', text)).toBeNull());

  it.each(['main', 'release/2.0', 'feature/ä-1', 'a@b', 'T42_x'])('%j is a branch', text =>
    expect(readOption('base', text)).toEqual({ base: text }),
  );

  it.each([
    ['agent', 'Claude'],
    ['agent', '../x'],
    ['agent', 'x'.repeat(32)],
    ['model', '-x'],
    ['model', '$(id)'],
    ['priority', 'urgent'],
    ['toString', 'x'],
  ])('--%s does not take %j', (flag, value) => expect(readOption(flag, value)).toBeNull());
});

describe('sub-commands', () => {
  it.each([
    ['', { kind: 'help' }],
    ['help', { kind: 'help' }],
    ['Help', { kind: 'help' }],
    ['status', { kind: 'status', task: null }],
    ['status\nThanks a lot!', { kind: 'status', task: null }],
    ['status T42', { kind: 'status', task: 42 }],
    ['cancel #42', { kind: 'cancel', task: 42 }],
    ['cancel t42', { kind: 'cancel', task: 42 }],
    ['retry task_042', { kind: 'retry', task: 42 }],
    ['retry 42', { kind: 'retry', task: 42 }],
    ['rollback', { kind: 'rollback', task: null, text: '' }],
    ['rollback 2\n\nThanks', { kind: 'rollback', task: null, text: '2' }],
    ['rollback T42', { kind: 'rollback', task: 42, text: '' }],
    ['rollback t42 2', { kind: 'rollback', task: 42, text: '2' }],
    ['pause', { kind: 'pause', task: null }],
    ['resume T42', { kind: 'resume', task: 42 }],
    ['prove', { kind: 'prove', task: null }],
    ['prove T42', { kind: 'prove', task: 42 }],
    ['approve', { kind: 'approve', task: null, budget: null }],
    ['approve #42\n\nThanks', { kind: 'approve', task: 42, budget: null }],
    ['approve T42 --budget 2usd', { kind: 'approve', task: 42, budget: { usd: 2, tokens: null } }],
    [
      'approve --budget=500ktokens T42',
      { kind: 'approve', task: 42, budget: { usd: null, tokens: 500_000 } },
    ],
    ['approve --budget 2usd', { kind: 'approve', task: null, budget: { usd: 2, tokens: null } }],
    ['--budget 2usd approve', { kind: 'approve', task: null, budget: { usd: 2, tokens: null } }],
    ['say use the new API', { kind: 'say', task: null, text: 'use the new API' }],
    ['say T42 yes\n\n- and this', { kind: 'say', task: 42, text: 'yes\n\n- and this' }],
    ['say\nT42: yes', { kind: 'say', task: 42, text: 'yes' }],
    ['say "T42 is done"', { kind: 'say', task: null, text: 'T42 is done' }],
    ['say 42 is the answer', { kind: 'say', task: null, text: '42 is the answer' }],
    ['say the tests fail', { kind: 'say', task: null, text: 'the tests fail' }],
    ['say T0 is none', { kind: 'say', task: null, text: 'T0 is none' }],
    ['say status', { kind: 'say', task: null, text: 'status' }],
    ['say use --force', { kind: 'say', task: null, text: 'use --force' }],
  ])('%j', (text, expected) => expect(parseCommand(text)).toEqual(expected));
});

describe('a mistake is answered, and names what was likely meant', () => {
  it.each([
    ['--agnet claude fix', '`--agnet` is not an option. Did you mean `--agent`?'],
    ['--Agent claude fix', '`--Agent` is not an option. Did you mean `--agent`?'],
    [
      '--whatever fix',
      'There are `--agent`, `--capability`, `--model`, `--priority`, `--timeout`, `--base`, `--after`, `--budget`, `--plan`.',
    ],
    ['--before T1 fix', '`--before` is not an option.'],
    ['--after lunch fix', "`--after` can't be `lunch`."],
    ['--toString fix', '`--toString` is not an option.'],
    ['--a`b fix', "`--a'b` is not an option."],
    ['--agent', '`--agent` lacks its value. It takes the agent'],
    ['--agent --model x fix', '`--agent` lacks its value.'],
    ['--agent= fix', '`--agent` lacks its value.'],
    ['--agent Claude! fix', "`--agent` can't be `Claude!`."],
    ['--timeout soon fix', '`1m` to `24h`'],
    ['--priority urgent fix', '`high`, `normal` or `low`'],
    ['--agent a --agent b fix', '`--agent` is there twice.'],
    ['fix --agent a --agent b', '`--agent` is there twice.'],
    ['--agent a fix --agent b', '`--agent` is there twice.'],
    ['--capability Tests! fix', "`--capability` can't be `Tests!`."],
    ['--agent claude', 'The instruction is missing'],
    ['--', 'The instruction is missing'],
    ['""', 'The instruction is missing'],
    ['cancle', '`cancle` is not a command. Did you mean `/orch cancel`?'],
    ['Cancle T42', 'Did you mean `/orch cancel`?'],
    ['stauts', 'Did you mean `/orch status`?'],
    ['help!', 'Did you mean `/orch help`?'],
    ['rolback', 'Did you mean `/orch rollback`?'],
    ['status page is wrong', '`/orch status` takes a task such as `T42`, or nothing.'],
    ['status page is wrong', 'write `/orch -- status …`'],
    ['cancel T0', 'takes a task such as `T42`'],
    ['--agent claude status', '`/orch status` takes a task'],
    ['say', '`/orch say` takes what to say'],
    ['say T42', '`/orch say` takes what to say'],
    ['say ""', '`/orch say` takes what to say'],
    ['--agent claude say hello', '`/orch say` takes what to say, and no options'],
    ['rollback the last migration', "`/orch rollback` takes a checkpoint's number"],
    ['rollback the last migration', 'write `/orch -- rollback …`'],
    ['--agent claude rollback', '`/orch rollback` takes'],
    [
      'approve of the change',
      '`/orch approve` takes a task such as `T42`, or nothing, and `--budget AMOUNT`',
    ],
    ['approve of the change', 'write `/orch -- approve …`'],
    ['approve T42 --budget lots', '`/orch approve` takes a task'],
    ['approve --budget lots', "`--budget` can't be `lots`"],
    ['--agent claude approve', '`/orch approve` takes a task'],
    ['prove the theorem', '`/orch prove` takes a task such as'],
    ['aprove', 'Did you mean `/orch approve`?'],
    ['pause the video', '`/orch pause` takes a task such as'],
    ['logs', '`/orch logs` is not part of this release.'],
    ['revert the last commit', 'write `/orch -- revert …`'],
  ])('%j: %s', (text, expected) => {
    const parsed = parseCommand(text);
    expect(parsed).toMatchObject({ kind: 'reply', text: expect.stringContaining(expected) });
  });
});
