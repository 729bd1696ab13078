import { existsSync, statSync } from 'node:fs';
import { lastWords } from '../agent/last-words.ts';
import { runFiles } from '../agent/run-files.ts';
import { screenOf, type Terminals } from '../agent/terminals.ts';
import type { ApiOptions } from '../api/options.ts';
import type { Paths } from '../config/paths.ts';
import { readableLines } from '../shared/text.ts';
import { type Run, runName } from '../task/glossary.ts';

/** How it is looked into a run on this host: output, screen, files. Looking changes nothing. */
export function insight({
  paths,
  terminals,
}: {
  paths: Paths;
  terminals: Terminals;
}): Omit<ApiOptions['insight'], 'next'> {
  return {
    output: (run, lines) => lastWords(paths.runLog(nameOf(run)), lines),
    async screen(run) {
      const screen = await screenOf(terminals, nameOf(run));
      return screen === null ? null : readableLines(screen).join('\n').trimEnd();
    },
    files: run => filesOf(paths, run),
  };
}

/** Those that are there, by what they hold. */
function filesOf(paths: Paths, run: Run) {
  const files = runFiles(paths.run(nameOf(run)));
  const named = {
    log: paths.runLog(nameOf(run)),
    events: files.events,
    progress: files.progress,
    script: files.script,
    exit: files.exit,
    result: paths.result(nameOf(run)),
  };
  return Object.entries(named)
    .filter(([, path]) => existsSync(path))
    .map(([what, path]) => ({ what, path, bytes: statSync(path).size }));
}

function nameOf(run: Run): string {
  return runName(run.task, run.number);
}
