import { describe, expect, it } from 'vitest';
import { impureImports, upwardImports } from './layers.ts';
import { filesUnder } from './source.ts';

const sources = filesUnder('src').filter(({ path }) => path.endsWith('.ts'));

describe('the sources', () => {
  it('import downwards only', () => {
    expect(sources.length).toBeGreaterThan(0);
    expect(upwardImports(sources)).toEqual([]);
  });

  it('keep decisions pure: task and command reach nothing that does I/O', () => {
    expect(impureImports(sources)).toEqual([]);
  });
});

describe('the check of layers', () => {
  const upward = (path: string, text: string) => upwardImports([{ path, text }]);

  it.each([
    ['src/store/open.ts', "import { claim } from '../queue/claim.ts';", 'src/queue/claim.ts'],
    ['src/queue/claim.ts', "import type { Loop } from '../scheduler/loop.ts';", 'src/scheduler/loop.ts'],
    ['src/shared/log.ts', "export { task } from '../task/glossary.ts';", 'src/task/glossary.ts'],
    ['src/scheduler/loop.ts', "const x = await import('../api/server.ts');", 'src/api/server.ts'],
    ['src/cli/tasks.ts', "export * from '../main.ts';", 'src/main.ts'],
    ['src/agent/launch.ts', "import { add } from '../workspace/add.ts';", 'src/workspace/add.ts'],
    ['src/broker/push.ts', "import { app } from '../github/app.ts';", 'src/github/app.ts'],
    ['src/broker/push.ts', "import { say } from '../github/report/say.ts';", 'src/github/report/say.ts'],
    ['src/simulator/git.ts', "import type { Task } from '../task/glossary.ts';", 'src/task/glossary.ts'],
    ['src/scheduler/loop.ts', "import { hub } from '../simulator/hub.ts';", 'src/simulator/hub.ts'],
  ])('names %s when it says %s', (path, text, target) => {
    expect(upward(path, text)).toEqual([`${path} must not import ${target}`]);
  });

  it.each([
    ['src/main.ts', "import { serve } from './api/server.ts'; import { hub } from './simulator/hub.ts';"],
    ['src/github/app.ts', "import { push } from './broker/push.ts';"],
    ['src/github/comments.ts', "import { client } from './client.ts';"],
    ['src/github/report/sticky.ts', "import { client } from '../client.ts';"],
    ['src/scheduler/loop.ts', "import { claim } from '../queue/claim.ts'; import './tick.ts';"],
    ['src/simulator/git/serve.ts', "import { OrchError } from '../../shared/errors.ts';"],
    ['src/store/open.ts', "// import '../queue/claim.ts'\nconst text = \"import '../queue/claim.ts'\";"],
  ])('lets %s say %s', (path, text) => {
    expect(upward(path, text)).toEqual([]);
  });

  it('wants a layer for every folder', () => {
    expect(() => upward('src/novelty/new.ts', "import '../shared/log.ts';")).toThrow(
      'src/novelty/new.ts: give its folder a layer',
    );
  });

  it('names what a pure folder reaches, through other files too, and leaves types alone', () => {
    const files = [
      { path: 'src/task/next.ts', text: "import { readFile } from 'node:fs/promises';" },
      { path: 'src/command/parse.ts', text: "import type { Log } from 'pino'; import '../shared/run.ts';" },
      { path: 'src/shared/run.ts', text: "import { execa } from 'execa'; import { z } from 'zod';" },
    ];
    expect(impureImports(files)).toEqual([
      'src/task/next.ts reaches node:fs/promises through src/task/next.ts',
      'src/command/parse.ts reaches execa through src/shared/run.ts',
    ]);
  });
});
