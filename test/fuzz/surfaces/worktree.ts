import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { gh } from '../../../src/cli/worktree/gh.ts';
import { orch } from '../../../src/cli/worktree/orch.ts';
import { serveGit } from '../../../src/cli/worktree/remote-helper.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { noise } from '../noise.ts';
import { type Surface, Violation } from '../surface.ts';

interface Call {
  tool: 'gh' | 'orch' | 'git-remote-orch';
  args: string[];
  input: string;
}

const call = (tool: Call['tool'], args: string[], input = ''): Call => ({ tool, args, input });
const CALLS: Call[] = [
  ...[
    [],
    ['pr'],
    ['pr', 'merge', '1'],
    ['pr', 'view'],
    ['auth', 'token'],
    ['auth', 'login'],
    ['api', '/user'],
    ['secret', 'set', 'X'],
    ['repo', 'delete'],
    ['workflow', 'run', 'x'],
    ['issue', 'close', '1'],
    ['--repo', 'x/y'],
    ['--help'],
  ].map(args => call('gh', args)),
  ...[
    ['--title'],
    ['--unknown'],
    ['--base'],
    ['--head', 'main'],
    ['--body-file', '/nowhere'],
    ['--body-file', '/dev/full'],
    ['-Z'],
    ['extra', 'words'],
    ['--draft=maybe'],
    ['--repo', 'else/where'],
  ].flatMap(args => [call('gh', ['pr', 'create', ...args]), call('orch', ['pr', 'create', ...args])]),
  ...[
    [],
    ['pr'],
    ['pr', 'merge'],
    ['done'],
    ['done', 'x'.repeat(100_000)],
    ['ask'],
    ['ask', ' '],
    ['ask', 'x'.repeat(100_000)],
    ['progress'],
    ['progress', 'half of it'],
    ['say', 'hello'],
    ['cancel', 'T1'],
    ['serve'],
    ['__proto__'],
    ['--version'],
  ].map(args => call('orch', args)),
  ...[
    '',
    '\n',
    'capabilities',
    'nonsense\n',
    'push\n',
    'push x\n\n',
    'push :refs/heads/main\n\n',
    'push +a:b\n\n',
    'fetch 0 refs/heads/x\n\n',
    'option x y\n',
    'connect git-receive-pack\n',
    'list for-push\n',
    'import x\n',
    '\0\0\n',
  ].map(input => call('git-remote-orch', [], input)),
];

/** The commands of a worktree where no broker answers: they say what is wrong and claim nothing. */
export const worktree: Surface<Call> = {
  name: 'worktree commands',
  weight: 2,
  named: Object.fromEntries(
    CALLS.map(each => [
      `${each.tool} ${JSON.stringify(each.args).slice(0, 60)} ${JSON.stringify(each.input)}`,
      each,
    ]),
  ),
  arbitrary: fc.record({
    tool: fc.constantFrom<Call['tool']>('gh', 'orch', 'git-remote-orch'),
    args: fc.oneof(
      fc.array(noise, { maxLength: 4 }),
      fc.array(noise, { maxLength: 3 }).map(more => ['pr', 'create', ...more]),
    ),
    input: noise,
  }),
  async open() {
    const folder = await temporaryDirectory();
    const env = { PATH: process.env.PATH, HOME: folder.path, GIT_CEILING_DIRECTORIES: folder.path };
    return {
      async feed({ tool, args, input }) {
        let printed = '';
        const stdin = new PassThrough();
        stdin.end(input);
        const io = {
          cwd: folder.path,
          env,
          broker: `${folder.path}/none.sock`,
          patience: 0,
          input: stdin,
          warn: () => true,
          print: (text: string) => {
            printed += text;
            return true;
          },
        };
        const run = {
          gh: () => gh(args, io as never),
          orch: () => orch(args, io as never),
          'git-remote-orch': () => serveGit(io as never),
        };
        // main.ts prints an error's message, so it must be one.
        const code = await run[tool]().catch(error => {
          if (!(error instanceof Error) || error instanceof ReferenceError || error instanceof RangeError)
            throw error;
          if (error instanceof TypeError && !('code' in error)) throw error;
          return 1;
        });
        if (/^ok /m.test(printed) || /^https?:/m.test(printed))
          throw new Violation('grant', `claims ${printed}`);
        if (code === 0 && tool === 'gh') throw new Violation('grant', `gh ${args.join(' ')} succeeds`);
      },
      [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
    };
  },
};
