import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { INPUT_NAMES, readInputs } from '../../src/action/inputs.ts';
import { NO_TASK } from '../../src/action/outputs.ts';
import { OrchError } from '../../src/shared/errors.ts';

const PRESET = { mode: 'run', token: 'ghs_1', wait: 'true' };

function read(given: Record<string, string>) {
  const inputs: Record<string, string> = { ...PRESET, ...given };
  return readInputs(name => inputs[name] ?? '');
}

function refusal(given: Record<string, string>): string {
  try {
    read(given);
  } catch (error) {
    if (error instanceof OrchError && error.code === 'E_INPUT') return `${error.message}. ${error.remedy}`;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('action.yml', () => {
  const action = parse(readFileSync('action/action.yml', 'utf8'));

  it('has the inputs that are read, and the outputs that are given', () => {
    expect(Object.keys(action.inputs).sort()).toEqual([...INPUT_NAMES].sort());
    expect(Object.keys(action.outputs)).toEqual(Object.keys(NO_TASK));
  });

  it('gives what can be read where a workflow says nothing', () => {
    const entries = Object.entries<{ default?: string }>(action.inputs);
    const defaults = Object.fromEntries(entries.map(([name, { default: value = '' }]) => [name, value]));
    expect(read({ ...defaults, token: PRESET.token })).toMatchObject({ mode: 'run', task: null });
  });
});

describe('the inputs', () => {
  it('say for `run` what is to be done and how', () => {
    const options = {
      agent: 'claude',
      model: 'opus',
      priority: 'high',
      timeout: '1h',
      budget: '2usd',
      base: 'next',
    };
    expect(
      read({ task: ' Update the\u200b pins ', issue: '#42', settings: 'orch.yaml', ...options }),
    ).toEqual({
      mode: 'run',
      task: 'Update the pins',
      issue: 42,
      options: {
        agent: 'claude',
        model: 'opus',
        priority: 'high',
        timeoutSeconds: 3600,
        budget: { usd: 2, tokens: null },
        base: 'next',
      },
      settings: 'orch.yaml',
      token: 'ghs_1',
    });
  });

  it('say for `enqueue` where to, and whether to wait', () => {
    const api = { url: 'https://orch.example.org', token: 'secret' };
    const given = { mode: 'enqueue', 'api-url': api.url, 'api-token': api.token, wait: 'False' };
    expect(read(given)).toMatchObject({ mode: 'enqueue', api, wait: false });
    expect(read({ mode: 'enqueue' })).toMatchObject({ mode: 'enqueue', api: null, wait: true });
    expect(read({ ...given, 'api-url': 'http://127.0.0.1:3000' })).toMatchObject({ mode: 'enqueue' });
  });

  it('bring for `execute` the order of the App', () => {
    expect(read({ mode: 'execute', order: '{}' })).toEqual({
      mode: 'execute',
      order: '{}',
      settings: null,
      token: 'ghs_1',
    });
  });

  it.each([
    [{ mode: 'walk' }, '`mode` can\'t be "walk": it is run, enqueue or execute. Correct `mode` under'],
    [{ mode: 'constructor' }, '`mode` can\'t be "constructor"'],
    [{ timeout: '5 parsecs' }, '`timeout` can\'t be "5 parsecs": it is how long a try may take'],
    [{ priority: 'urgent' }, '`priority` can\'t be "urgent": it is which tasks go first'],
    [{ agent: '--help' }, '`agent` can\'t be "--help"'],
    [{ budget: 'all' }, '`budget` can\'t be "all"'],
    [{ base: '../main' }, '`base` can\'t be "../main"'],
    [{ issue: '0' }, '`issue` can\'t be "0": it is the number of an issue'],
    [{ task: '\u200b' }, "`task` can't be"],
    [{ wait: 'maybe', mode: 'enqueue' }, '`wait` can\'t be "maybe": it is true or false'],
    [{ token: '' }, '`token` is empty. Leave `token` out, or give it a secret that is there'],
    [{ mode: 'execute' }, '`order` is missing. Give `order` under `with:`'],
    [{ mode: 'enqueue', 'api-token': 'x' }, '`api-url` is missing'],
    [{ mode: 'enqueue', 'api-url': 'https://orch.example.org' }, '`api-token` is missing'],
    [{ mode: 'enqueue', 'api-token': 'x', 'api-url': 'http://orch.example.org' }, "`api-url` can't be"],
    [{ mode: 'enqueue', 'api-token': 'x', 'api-url': 'https://a:b@orch.example.org' }, "`api-url` can't be"],
    [{ order: '{}' }, '`order` is no input of `mode: run`. Take it out, or set `mode` to execute.'],
    [{ mode: 'execute', order: '{}', agent: 'claude' }, 'Take it out, or set `mode` to run or enqueue.'],
  ])('are refused with their name and what to do: %j', (given, told) => {
    expect(refusal(given)).toContain(told);
  });

  it('do not show a token that is none', () => {
    expect(refusal({ token: 'ghs_1\nghs_2' })).toMatch(
      /^`token` can't be what it is: it is a token of one line/,
    );
  });
});
