import { symlinkSync } from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { detectSetup, guidanceFiles } from '../../src/workspace/setup.ts';
import { temporaryDirectory } from '../support/temporary.ts';

describe('detectSetup', () => {
  it.each([
    ['package-lock.json', 'npm ci'],
    ['pnpm-lock.yaml', 'pnpm install --frozen-lockfile'],
    ['yarn.lock', 'yarn install --frozen-lockfile'],
    ['bun.lockb', 'bun install --frozen-lockfile'],
    ['uv.lock', 'uv sync --frozen'],
    ['poetry.lock', 'poetry install'],
    ['Gemfile.lock', 'bundle install'],
    ['go.sum', 'go mod download'],
    ['Cargo.lock', 'cargo fetch --locked'],
    ['.gitmodules', 'git submodule update --init --recursive --depth 1'],
  ])('finds %s, where the program is there', async (file, command) => {
    await using tree = await temporaryDirectory();
    await using bin = await temporaryDirectory();
    await writeFile(join(tree.path, file), '');
    expect(detectSetup(tree.path, bin.path)).toEqual([]);
    const program = join(bin.path, command.split(' ')[0] ?? '');
    await writeFile(program, '');
    await chmod(program, 0o755);
    expect(detectSetup(tree.path, `/nowhere:${bin.path}`)).toEqual([{ command, required: false }]);
  });

  it('takes one package manager for JavaScript, beside other languages, and follows no links', async () => {
    await using tree = await temporaryDirectory();
    await using bin = await temporaryDirectory();
    for (const program of ['npm', 'yarn', 'go', 'cargo']) {
      await writeFile(join(bin.path, program), '', { mode: 0o755 });
    }
    for (const file of ['package-lock.json', 'yarn.lock', 'go.sum'])
      await writeFile(join(tree.path, file), '');
    symlinkSync('/etc/passwd', join(tree.path, 'Cargo.lock'));
    const commands = detectSetup(tree.path, bin.path).map(({ command }) => command);
    expect(commands).toEqual(['npm ci', 'go mod download']);
  });
});

describe('guidanceFiles', () => {
  it('names what a repository says to agents', async () => {
    await using tree = await temporaryDirectory();
    await writeFile(join(tree.path, 'AGENTS.md'), '');
    symlinkSync('/etc/passwd', join(tree.path, 'CLAUDE.md'));
    expect(guidanceFiles(tree.path)).toEqual(['AGENTS.md']);
  });
});
