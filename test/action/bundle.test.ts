import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { bundle, bundleAction, MOST_BYTES } from '../../script/bundle/bundle.ts';
import { readProgress } from '../../src/agent/watch/progress.ts';
import { homePaths } from '../../src/config/paths.ts';
import { tryProgram } from '../../src/shared/program.ts';
import { REPOSITORY, startTestApp } from '../support/app.ts';
import { bubblewrap } from '../support/sandbox.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const folder = await temporaryDirectory();
afterAll(() => folder[Symbol.asyncDispose]());
const files = await bundleAction();
for (const [name, text] of Object.entries(files)) writeFileSync(join(folder.path, name), text);
const index = join(folder.path, 'index.js');

// What the App starts beside itself is here the Action's file, as if the App were in that file too.
const { OWN_CODE, ownProgram } = vi.hoisted(() => ({
  OWN_CODE: [] as string[],
  ownProgram: vi.fn((name: string) => [OWN_CODE[0], name]),
}));
vi.mock('../../src/shared/own-programs.ts', async original => ({
  ...(await original()),
  OWN_CODE,
  ownProgram,
}));
OWN_CODE.push(index, join(folder.path, 'package.json'));

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
    const says = (text: string) => `echo '${JSON.stringify({ type: 'text', text })}'`;
    const work = [
      says('I begin.'),
      "echo fixed > fixed.txt && git add fixed.txt && git commit -qm 'Fix it'",
      'git push -q && gh pr create --title "Fix it" --body Fixed. && orch checkpoint "A note" && orch done',
    ].join(' && ');
    const events = [{ when: { type: 'text' }, as: 'text', take: { text: 'text' } }];
    const settings = {
      agents: { good: { command: ['sh', '-c', work], events } },
      ...(bubblewrap === null ? {} : { sandbox: { kind: 'bwrap' } }),
    };
    await using app = await startTestApp({ settings });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    expect(await app.ended(1, 'completed')).toMatchObject({ pull: 2 });
    expect(readProgress(homePaths(app.home).run('T1.1'))?.text).toBe('I begin.');
    const asked = new Set(ownProgram.mock.calls.map(([name]) => name));
    expect([...asked].sort()).toEqual([...(bubblewrap ? ['inside'] : []), 'narrator', 'worktree']);
  });
});

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
