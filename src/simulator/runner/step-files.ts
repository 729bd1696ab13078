import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a step writes into the files that the runner gives it (`GITHUB_OUTPUT` and the like). */
interface Written {
  output: Map<string, string>;
  state: Map<string, string>;
  env: Map<string, string>;
  path: string[];
  summary: string;
}

/** Files of one step, empty at first; their paths are for its environment. */
export interface StepFiles {
  readonly environment: Record<string, string>;
  /** What was written; a file that can't be read so is left out and told. The files are gone after it. */
  take(fault: (words: string) => void): Written;
}

const KINDS = {
  GITHUB_OUTPUT: 'set_output_',
  GITHUB_STATE: 'save_state_',
  GITHUB_ENV: 'set_env_',
  GITHUB_PATH: 'add_path_',
  GITHUB_STEP_SUMMARY: 'step_summary_',
} as const;

const MOST_SUMMARY_KIB = 1024;

export function makeStepFiles(temporary: string): StepFiles {
  const directory = join(temporary, '_runner_file_commands');
  mkdirSync(directory, { recursive: true });
  const id = randomUUID();
  const paths = Object.fromEntries(
    Object.entries(KINDS).map(([name, prefix]) => [name, join(directory, `${prefix}${id}`)]),
  ) as Record<keyof typeof KINDS, string>;
  for (const path of Object.values(paths)) writeFileSync(path, '');
  return {
    environment: paths,
    take(fault) {
      const pairs = (name: keyof typeof KINDS, allowed: (key: string) => boolean = () => true) => {
        try {
          return readPairs(readText(paths[name]), allowed);
        } catch (error) {
          fault(`Unable to process file command '${name.slice(7).toLowerCase()}' successfully.`);
          fault((error as Error).message);
          return new Map<string, string>();
        }
      };
      const written = {
        output: pairs('GITHUB_OUTPUT'),
        state: pairs('GITHUB_STATE'),
        env: pairs('GITHUB_ENV', key => key.toUpperCase() !== 'NODE_OPTIONS'),
        path: readText(paths.GITHUB_PATH)
          .split(/\r?\n/)
          .filter(line => line !== ''),
        summary: readSummary(readText(paths.GITHUB_STEP_SUMMARY), fault),
      };
      for (const path of Object.values(paths)) rmSync(path, { force: true });
      return written;
    },
  };
}

/** `NAME=value`, or `NAME<<END` with lines until one that is `END`. Throws, in the runner's words, for anything else. */
function readPairs(text: string, allowed: (key: string) => boolean): Map<string, string> {
  const pairs = new Map<string, string>();
  const lines = text.split('\n');
  while (lines.length > 0) {
    const line = lines.shift() as string;
    if (line === '') continue;
    const [, name = '', sign = '', rest = ''] = /^(.*?)(=|<<)(.*)$/s.exec(line) ?? [];
    if (name === '' || (sign === '<<' && rest === '')) throw new Error(`Invalid format '${line}'`);
    if (!allowed(name)) throw new Error(`Can't store ${name} output parameter using '$GITHUB_ENV' command.`);
    if (sign === '=') pairs.set(name, rest);
    else {
      const end = lines.indexOf(rest);
      if (end === -1) throw new Error(`Invalid value. Matching delimiter not found '${rest}'`);
      pairs.set(
        name,
        lines
          .splice(0, end + 1)
          .slice(0, -1)
          .join('\n'),
      );
    }
  }
  return pairs;
}

function readSummary(text: string, fault: (words: string) => void): string {
  const kib = Math.ceil(Buffer.byteLength(text) / 1024);
  if (kib <= MOST_SUMMARY_KIB) return text;
  fault(
    `$GITHUB_STEP_SUMMARY upload aborted, supports content up to a size of ${MOST_SUMMARY_KIB}k, got ${kib}k.`,
  );
  return '';
}

/** A step may have removed it. */
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
