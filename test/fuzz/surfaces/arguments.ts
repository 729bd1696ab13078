import { mkdirSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { tryProgram } from '../../../src/shared/program.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { noise } from '../noise.ts';
import { CANARY, mustNotHold, type Surface } from '../surface.ts';

const VERBS = ['status', 'tasks', 'show', 'logs', 'attach', 'cancel', 'retry', 'tokens', 'serve', 'demo'];
const TASKS = [
  'T0',
  'T-1',
  'T1.1',
  '../T1',
  'T999999999999999999',
  '',
  ' ',
  '%2e%2e',
  'T1/cancel',
  '\u001b[2J',
  '--',
  'ü',
];

/** Command lines that are wrong: one clear line on standard error, exit code 1, nothing done. */
export const commandLine: Surface<string[]> = {
  name: 'command line',
  weight: 0.1,
  named: Object.fromEntries(
    [
      [],
      ['stauts'],
      ['__proto__'],
      ['-x'],
      ['--config'],
      ['--config', '/nowhere', 'serve'],
      ['serve', '--port', 'eighty'],
      ['serve', '--port', '-1'],
      ['serve', '--log-level', 'loud'],
      ['serve', 'more'],
      ['tasks', '--status', 'none'],
      ['tasks', '--limit', '0'],
      ['tasks', '--limit', '1e9'],
      ['tasks', '--limit', ''],
      ['tokens', 'add'],
      ['tokens', 'add', '../x'],
      ['tokens', 'add', 'x', '--role', 'root'],
      ['tokens', 'remove', 'nobody'],
      ['demo', '--port', 'x'],
      ['demo', '--agent', '../../x', '--once'],
      ...['show', 'cancel', 'logs'].flatMap(verb => TASKS.map(task => [verb, task])),
    ].map(args => [`orch ${args.map(word => JSON.stringify(word)).join(' ')}`, args]),
  ),
  arbitrary: fc
    .tuple(
      fc.constantFrom(...VERBS.filter(verb => !['serve', 'demo'].includes(verb))),
      fc.array(noise, { maxLength: 3 }),
    )
    .map(([verb, words]) => [verb, ...words.map(word => word.replaceAll('\0', ''))]),
  async open() {
    const folder = await temporaryDirectory();
    mkdirSync(join(folder.path, 'bin'));
    symlinkSync(process.execPath, join(folder.path, 'bin', 'node'));
    const env = {
      HOME: folder.path,
      PATH: join(folder.path, 'bin'),
      WEBHOOK_SECRET: CANARY,
      PRIVATE_KEY: CANARY,
      APP_ID: '1',
    };
    return {
      async feed(args) {
        const run = { cwd: folder.path, env, extendEnv: false, timeout: 20_000 };
        const { exitCode, stdout, stderr } = await tryProgram(
          process.execPath,
          [resolve('bin/orch.js'), ...args],
          run,
        );
        mustNotHold(stdout + stderr, 'the command');
        const isHelp = /^Usage: orch/m.test(stdout) || /^\d+\.\d+/.test(stdout) || args[0] === 'tokens';
        if (![1, 2, 3, 4, 5].includes(exitCode) && !(isHelp && exitCode === 0))
          throw new Error(`exit code ${exitCode}: ${stderr.slice(0, 300)}`);
        if (/\n\s+at .+:\d+:\d+/.test(stderr)) throw new Error(`a stack trace: ${stderr.slice(0, 300)}`);
      },
      [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
    };
  },
};
