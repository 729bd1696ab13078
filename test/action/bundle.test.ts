import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { bundle, bundleAction, MOST_BYTES } from '../../script/bundle/bundle.ts';
import { tryProgram } from '../../src/shared/program.ts';
import { ACTION, startTestAction } from '../support/action.ts';
import { REPOSITORY, repositoryOf } from '../support/app.ts';
import { bubblewrap } from '../support/sandbox.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const folder = await temporaryDirectory();
afterAll(() => folder[Symbol.asyncDispose]());
const files = await bundleAction();
for (const [name, text] of Object.entries(files)) writeFileSync(join(folder.path, name), text);
const index = join(folder.path, 'index.js');

const act = (args: string[], env = {}) =>
  tryProgram(process.execPath, [index, ...args], { cwd: folder.path, env, extendEnv: false });

describe("the Action's one file", () => {
  it('is small, and the licences of all that it holds lie beside it', async () => {
    expect(Buffer.byteLength(files['index.js'] ?? '')).toBeLessThan(MOST_BYTES);
    expect(files['LICENSES.txt']).toMatch(/^== zod \d.*, MIT\n\nMIT License\n/m);
  });

  it('starts in a folder that has nothing else', async () => {
    const { stdout, stderr, exitCode } = await act([], { INPUT_MODE: 'walk' });
    expect(stdout).toContain('::error title=Orch%3A E_INPUT::');
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 1 });
  });

  it('knows how to start itself as another program, and what that is read from', async () => {
    const probe = join(folder.path, 'probe.js');
    writeFileSync(probe, (await bundle('src/shared/own-programs.ts')).code);
    const own = await import(pathToFileURL(probe).href);
    expect(own.ownProgram('narrator')).toEqual([probe, 'narrator']);
    expect(own.OWN_CODE).toEqual([probe, join(folder.path, 'package.json')]);
  });

  it('says so when it is started as a program that is not in it', async () => {
    const { stderr, exitCode } = await act(['integrity']);
    expect({ stderr, exitCode }).toEqual({
      stderr: expect.stringContaining('The Action has no program integrity'),
      exitCode: 1,
    });
  });

  it("is an agent's git push, gh and orch, its narrator, and what begins its sandbox", async () => {
    const work = [
      `echo '{"type":"usage","cost":0.25}'`,
      `{ tr '\\0' ' ' </proc/$PPID/cmdline; cat "$(command -v git-remote-orch)"; } >how.txt`,
      'git add how.txt && git commit -qm "Tell how"',
      'git push -q && gh pr create --title "Tell how" --body Told. && orch done',
    ].join(' && ');
    const events = [{ when: { type: 'usage' }, as: 'usage', take: { cost: 'cost' } }];
    const settings = {
      agents: { good: { command: ['sh', '-c', work], events } },
      ...(bubblewrap === null ? {} : { sandbox: { kind: 'bwrap' } }),
    };
    await using action = await startTestAction({ settings });
    await action.writeWorkflow('orch.yml', WORKFLOW);
    await action.github.comment(REPOSITORY, 1, '/orch tell how', 'writer');
    const [step] = (await action.ended(1)).steps;
    expect(step).toMatchObject({ conclusion: 'success', outputs: { status: 'completed', cost: '0.25' } });
    const { git } = repositoryOf(action.github);
    const how = await git.run(['show', `refs/heads/orch/${step?.outputs.task}-tell-how:how.txt`]);
    expect(how).toMatch(/\/dist\/index\.js' 'worktree' git-remote-orch/);
    if (bubblewrap) expect(how).toMatch(/^\S+ \S+\/dist\/index\.js inside .*-- sh -c /);
  });
});

const WORKFLOW = `
on: issue_comment
permissions: { contents: write, issues: write, pull-requests: write, checks: write }
jobs:
  task:
    runs-on: [self-hosted, orch]
    steps:
      - uses: ${ACTION}@v1
`;

describe('what does not belong into the file', () => {
  it.each([
    ['native code', imports('better-sqlite3'), /must not be .*entry\.ts → node_modules\/better-sqlite3\//],
    ['what listens for GitHub', imports('probot'), /must not be .*entry\.ts → node_modules\/probot\//],
    ['what lies beside a module', 'console.log(import.meta.dirname);', /asks where it lies, .*entry\.ts/],
    ['what lies beside an older one', 'module.exports = __dirname;', /asks where it lies, .*entry\.ts/],
    ['what is not there', "import nothing from 'not-there'; console.log(nothing);", /not-there.*entry\.ts/],
    ['what is named later', 'module.exports = require(process.argv[2]);', /not of Node: process/],
  ])('%s fails the build, which names the way in', async (_, code, message) => {
    await using directory = await temporaryDirectory();
    const entry = join(directory.path, 'entry.ts');
    writeFileSync(entry, code);
    await expect(bundle(entry)).rejects.toThrow(message);
  });
});

function imports(name: string): string {
  const file = fileURLToPath(import.meta.resolve(name));
  return `import * as all from ${JSON.stringify(file)}; console.log(all);`;
}
