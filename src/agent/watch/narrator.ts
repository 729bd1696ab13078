import type { EventRule } from '../../config/profiles/rules.ts';
import { shorten, stripControl } from '../../shared/text.ts';
import { runFiles, writeWhole } from '../run-files.ts';
import { type FoldOptions, LONG_WAIT_MS, openFold } from './fold.ts';
import { interpret } from './interpret.ts';
import { type Line, openLines } from './lines.ts';
import { openPage } from './page.ts';
import { openRawLog } from './raw-log.ts';

/** How the event stream of a run's CLI is to be read: what `narration.json` of its directory says. */
export interface Narration extends Omit<FoldOptions, 'now'> {
  events: readonly EventRule[];
  /** Raw lines are kept up to this size. */
  outputLimitBytes: number;
}

export interface Narrator {
  /**
   * Takes what comes from one of the CLI's outputs. True once its line `end` has come, after which nothing of it counts.
   */
  take(output: 'stdout' | 'stderr', chunk: Buffer): boolean;
  /** Everything that has come is told and written. */
  finish(): void;
}

export interface NarratorOptions extends Narration {
  directory: string;
  /** The line by which the launch script says that the CLI has ended. */
  end: string;
  /** Prints to the pane. */
  show(text: string): void;
  now(): number;
  /** Calls back after so many ms, unless finished before. */
  later(ms: number, callback: () => void): void;
}

const LONGEST_LINE = 1024 * 1024;
const LONGEST_SHOWN = 2000;
/** Progress is written at most this often: each time wakes the daemon. */
const PAUSE_MS = 200;

/**
 * Reads a CLI's JSON lines: keeps them, tells people in the pane, and sums them up in `progress.json`. Whatever comes, it
 * goes on: lines without end are measured and left out, what is no JSON is shown as text, a full disk is told once.
 */
export function openNarrator(options: NarratorOptions): Narrator {
  const files = runFiles(options.directory);
  const lines = { stdout: openLines(LONGEST_LINE), stderr: openLines(LONGEST_LINE) };
  const fold = openFold(options);
  const page = openPage({ ...options, progress: () => fold.progress });
  const keep = openRawLog(files.events, options.outputLimitBytes, why =>
    page.line(`orch: the event stream is not kept any more: ${why}`),
  );
  const progress = openWriter(files.progress, () => JSON.stringify(fold.progress));
  let isDue = false;
  let isWaiting = false;
  let plainLeft = options.outputLimitBytes;

  function take(line: Line): void {
    if (!Buffer.isBuffer(line)) {
      keep(line);
      page.line(`orch: a line of ${line.bytes} bytes is left out`);
      return;
    }
    const text = line.toString('utf8');
    if (text.trim() === '') return;
    keep(line);
    const event = tryObject(text);
    const all = interpret(options.events, event ?? { line: text });
    for (const told of all) {
      fold.tell(told);
      page.tell(told);
      if (told.as === 'retry' && told.silent) wait(LONG_WAIT_MS);
    }
    if (event === null && all.length === 0) plain(text);
  }

  /** For people as it is; a program that prints without end is not shown without end. */
  function plain(text: string): void {
    if (plainLeft < 0) return;
    plainLeft -= Math.min(text.length, LONGEST_SHOWN);
    page.line(
      plainLeft < 0
        ? 'orch: more that is no event is not shown'
        : stripControl(shorten(text, LONGEST_SHOWN)).trimEnd(),
    );
  }

  function wait(ms: number): void {
    if (isWaiting) return;
    isWaiting = true;
    options.later(ms, () => {
      isWaiting = false;
      const more = fold.waited();
      if (more !== null) wait(more);
      write();
    });
  }

  function write(): void {
    isDue = false;
    progress.write();
  }

  write();
  return {
    take(output, chunk) {
      for (const line of lines[output].take(chunk)) {
        if (Buffer.isBuffer(line) && line.toString('utf8') === options.end) return true;
        take(line);
      }
      if (!isDue) options.later(PAUSE_MS, write);
      isDue = true;
      return false;
    },
    finish() {
      for (const line of [...lines.stdout.rest(), ...lines.stderr.rest()]) take(line);
      page.finish();
      write();
    },
  };
}

/** Null when it is no JSON object: a number is a line that a program prints for people. */
function tryObject(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}

/** Writes a file whole or not at all, when its text has changed. */
function openWriter(file: string, render: () => string) {
  let written: string | null = null;
  return {
    write(): void {
      const text = render();
      if (text === written) return;
      try {
        writeWhole(file, text);
        written = text;
      } catch {
        // A full disk. The next change tries again.
      }
    },
  };
}
