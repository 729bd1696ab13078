import { bind, columns } from './columns.ts';
import type { Connection } from './connection.ts';

/** A pull request that this store alone keeps. Its number is its task's; how it stands is told by the task. */
export interface LocalPull {
  task: number;
  title: string;
  body: string;
  draft: boolean;
  openedAt: number;
  /** How the repository's tests went on the commit that they name; null while, or where, none were run. */
  tests: TestResult | null;
}

export interface TestResult {
  command: string;
  /** The commit that they were, or were to be, run on. */
  commit: string;
  verdict: 'passed' | 'failed' | 'not_run';
  /** Why they were not run, or ended early. */
  reason: string | null;
  exitCode: number | null;
  seconds: number;
  /** The end of what they printed. */
  output: string;
}

const FIELDS = [
  'task',
  'title',
  'body',
  'draft',
  'openedAt',
  'tests',
] as const satisfies readonly (keyof LocalPull)[];
const { list, insert } = columns(FIELDS);

/** Local pull requests: one a task, opened anew when the one before was closed. */
export function openLocalPulls(db: Connection) {
  const put = db.prepare(
    `insert into pulls ${insert(FIELDS)}
     on conflict (task) do update set title = excluded.title, body = excluded.body, draft = excluded.draft,
       opened_at = excluded.opened_at, tests = excluded.tests`,
  );
  const get = db.prepare(`select ${list} from pulls where task = ?`);
  const reword = db.prepare('update pulls set title = ?, body = ? where task = ?');
  const tested = db.prepare('update pulls set tests = ? where task = ?');
  return {
    put: (pull: Omit<LocalPull, 'tests'>): void => void put.run(bind({ ...pull, tests: null })),
    get(task: number): LocalPull | null {
      const row = get.get(task) as
        | (Omit<LocalPull, 'draft' | 'tests'> & { draft: number; tests: string | null })
        | undefined;
      if (row === undefined) return null;
      return { ...row, draft: row.draft === 1, tests: row.tests === null ? null : JSON.parse(row.tests) };
    },
    reword: (task: number, title: string, body: string): void => void reword.run(title, body, task),
    tested: (task: number, result: TestResult): void => void tested.run(JSON.stringify(result), task),
  };
}
