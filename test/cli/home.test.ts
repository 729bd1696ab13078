import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { memoryStore, queued } from '../support/tasks.ts';
import { daemon, place } from './place.ts';

describe('the home folder', () => {
  const HOMES = ['from-env', 'from-option', 'from-config', 'from-cwd', '.orch'];

  async function answering(
    env: Record<string, string>,
    args: string[],
    without: string[] = [],
  ): Promise<string> {
    await using here = await place();
    const file = (name: string) => join(here.path, name);
    const settings = (home: string) => `orchestrator: { home: ${file(home)} }\n`;
    mkdirSync(file('.orch'));
    writeFileSync(file('option.yaml'), settings('from-option'));
    writeFileSync(file('config.yaml'), settings('from-config'));
    writeFileSync(file('.orch/orch.yaml'), '# nothing about where\n');
    if (!without.includes('cwd')) writeFileSync(file('cwd/orch.yaml'), settings('from-cwd'));
    const stores = HOMES.map(name => ({ name, store: memoryStore() }));
    await using stack = new AsyncDisposableStack();
    for (const { name, store } of stores) {
      stack.use(store);
      stack.use(await daemon(here, store, { home: file(name) }));
      queued(store, { instruction: name });
    }
    const filled = Object.entries(env).map(([name, value]) => [name, value.replace('HERE', here.path)]);
    const { stdout, stderr } = await here.orch(
      [...args.map(arg => arg.replace('HERE', here.path)), 'tasks', '--json'],
      Object.fromEntries(filled),
    );
    return stdout === '' ? stderr : JSON.parse(stdout)[0].instruction;
  }

  const OPTION = ['--config', 'HERE/option.yaml'];

  it.each<[expected: string, env: Record<string, string>, args: string[], without?: string[]]>([
    ['from-env', { ORCH_HOME: 'HERE/from-env', ORCH_CONFIG: 'HERE/config.yaml' }, OPTION],
    ['from-env', { ORCH_HOME: '~/from-env' }, []],
    ['from-env', { ORCH_HOME: '../from-env' }, []],
    ['from-option', { ORCH_CONFIG: 'HERE/config.yaml' }, OPTION],
    ['from-config', { ORCH_CONFIG: 'HERE/config.yaml' }, []],
    ['from-config', { ORCH_CONFIG: '~/config.yaml' }, []],
    ['from-cwd', {}, []],
    ['from-cwd', { ORCH_HOME: '', ORCH_CONFIG: '' }, []],
    ['.orch', {}, [], ['cwd']],
  ])('is %s with %j and %j', async (expected, env, args, without) => {
    expect(await answering(env, args, without)).toBe(expected);
  });

  it('of settings that are not there is told as their fault', async () => {
    expect(JSON.parse(await answering({}, ['--config', 'HERE/none.yaml']))).toMatchObject({
      code: 'E_SETTINGS',
      message: expect.stringContaining("The settings can't be read"),
    });
  });
});
