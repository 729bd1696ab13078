import { type Amount, shareOf } from '../shared/amounts.ts';
import type { Run, Task } from '../task/glossary.ts';
import { bind, columns } from './columns.ts';
import type { Connection } from './connection.ts';

/** What a run has used so far, in all. Null is what nobody knows, which is not 0. */
export interface Usage {
  task: number;
  run: number;
  model: string | null;
  /** All that were sent; `cachedTokens` is the part of them that the model's cache held. */
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

/** A run with its task's repository and what it has used: all null when it has told of nothing. */
export type UsedRun = Pick<Run, 'task' | 'profile' | 'startedAt' | 'spawnedAt' | 'endedAt' | 'outcome'> &
  Pick<Task, 'repository'> &
  Pick<Usage, 'inputTokens' | 'cachedTokens' | 'outputTokens' | 'costUsd' | 'costSource'>;

/** What runs have used, a row for each that has told something. */
export function openUsage(db: Connection) {
  const write = db.prepare(`insert or replace into usage ${insert(FIELDS)}`);
  const ofTask = db.prepare(`select ${list} from usage where task = ? order by run`);
  const ofRun = db.prepare(`select ${list} from usage where task = ? and run = ?`);
  const runsSince = db.prepare(
    `select tasks.repository, runs.task, runs.profile, runs.started_at as startedAt, runs.spawned_at as spawnedAt,
       runs.ended_at as endedAt, runs.outcome, input_tokens as inputTokens, cached_tokens as cachedTokens,
       output_tokens as outputTokens, cost_usd as costUsd, cost_source as costSource
     from runs join tasks on tasks.id = runs.task
     left join usage on usage.task = runs.task and usage.run = runs.number
     where runs.started_at >= ? order by runs.started_at`,
  );
  const ofSession = db.prepare(
    `select coalesce(sum(input_tokens), 0) as input, coalesce(sum(cached_tokens), 0) as cached,
       coalesce(sum(output_tokens), 0) as output,
       coalesce(sum(case when cost_source = 'reported' then cost_usd end), 0) as cost
     from usage join runs on runs.task = usage.task and runs.number = usage.run
     where runs.session = ? and not (runs.task = ? and runs.number = ?)`,
  );
  const amount = `sum(cost_usd) as usd, sum(coalesce(input_tokens, 0) + coalesce(output_tokens, 0)) as tokens`;
  const spent = db.prepare(`select ${amount} from usage where task = ? and run > ?`);
  const startedWithin = db.prepare(
    `select ${amount} from runs join usage on usage.task = runs.task and usage.run = runs.number
     join tasks on tasks.id = runs.task
     where runs.started_at >= ? and runs.started_at < ? and tasks.repository_id = coalesce(?, tasks.repository_id)`,
  );
  const spentOf = ({ id, budgetFrom }: Pick<Task, 'id' | 'budgetFrom'>) =>
    spent.get(id, budgetFrom) as Amount;
  return {
    /** What counts against a task's budget. */
    spent: spentOf,
    /** What runs have used that began in this time (ms), of one repository or of all. */
    startedWithin: (from: number, until: number, repositoryId: number | null): Amount =>
      startedWithin.get(from, until, repositoryId) as Amount,
    /** What gives a task whose budget is spent the same again; nothing while there is some left. */
    renewal(task: Task): Partial<Task> {
      const budget = { usd: task.budgetUsd, tokens: task.budgetTokens };
      return shareOf(spentOf(task), budget) < 1 ? {} : { budgetFrom: task.runs, budgetWarned: false };
    },
    write: (usage: Usage): void => void write.run(bind(usage)),
    /** What the other runs of this run's session have used, of any task, by their CLI's own words. */
    before: ({ session, task, number }: Pick<Run, 'session' | 'task' | 'number'>) =>
      ofSession.get(session, task, number) as { input: number; cached: number; output: number; cost: number },
    ofTask: (task: number): Usage[] => ofTask.all(task) as Usage[],
    ofRun: (task: number, run: number): Usage | null => (ofRun.get(task, run) as Usage | undefined) ?? null,
    /** All runs that were claimed since this time (ms), the oldest first. */
    runsSince: (at: number): IterableIterator<UsedRun> => runsSince.iterate(at) as IterableIterator<UsedRun>,
  };
}
