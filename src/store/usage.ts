import { bind, columns } from './columns.ts';
import type { Connection } from './connection.ts';

/** What a run has used so far, in all. Null is what nobody knows, which is not 0. */
interface Usage {
  task: number;
  run: number;
  model: string | null;
  inputTokens: number | null;
  cachedTokens: number | null;
  outputTokens: number | null;
  costUsd: number | null;
  /** `reported` by the CLI, or `computed` from the prices in the settings. */
  costSource: 'reported' | 'computed' | null;
  at: number;
}

const FIELDS = [
  'task',
  'run',
  'model',
  'inputTokens',
  'cachedTokens',
  'outputTokens',
  'costUsd',
  'costSource',
  'at',
] as const satisfies readonly (keyof Usage)[];
const { list, insert } = columns(FIELDS);

/** What runs have used, a row for each that has told something. */
export function openUsage(db: Connection) {
  const write = db.prepare(`insert or replace into usage ${insert(FIELDS)}`);
  const ofTask = db.prepare(`select ${list} from usage where task = ? order by run`);
  const since = db.prepare(`select ${list} from usage where at >= ? order by task, run`);
  return {
    write: (usage: Usage): void => void write.run(bind(usage)),
    ofTask: (task: number): Usage[] => ofTask.all(task) as Usage[],
    /** Last told of since this time (ms). */
    since: (at: number): Usage[] => since.all(at) as Usage[],
  };
}
