import { appendFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { tryProgram } from '../../src/shared/program.ts';
import { temporaryDirectory } from '../support/temporary.ts';

it('npm run build:action -- --check finds what is not of the sources, and builds nothing', async () => {
  await using directory = await temporaryDirectory();
  const dist = join(directory.path, 'action/dist');
  const build = (...args: string[]) =>
    tryProgram(process.execPath, ['script/build-action.ts', ...args, dist]);
  expect(await build('--check')).toMatchObject({ exitCode: 1 });
  expect(existsSync(join(directory.path, 'action'))).toBe(false);
  expect(JSON.parse((await build('--json')).stdout.split('\n').at(-1) ?? '')).toMatchObject({ ok: true });
  expect(await build('--check')).toMatchObject({ exitCode: 0 });
  appendFileSync(join(dist, 'index.js'), '// changed');
  const { exitCode, stderr } = await build('--check');
  expect({ exitCode, stderr }).toEqual({
    exitCode: 1,
    stderr: 'build-action: not what the sources give: index.js. Run: npm run build:action',
  });
});
