import type { Run } from '../task/glossary.ts';
import { bind, columns } from './columns.ts';
import type { Connection } from './connection.ts';

/** What a person tells a task's agent, in the order of `id`. */
export interface Input {
  id: number;
  task: number;
  text: string;
  author: string;
  /** What makes it unique, as of a request. */
  source: string;
  createdAt: number;
  /** The run that got it. */
  run: number | null;
  /** When the agent was seen to go on after it; until then nobody knows that it arrived. */
  arrivedAt: number | null;
}

/** What is known of it when it is said. */
export type Said = Pick<Input, 'text' | 'author' | 'source'>;

/** What may wait to be heard by one agent, in characters. */
const MOST_SAID = 32_000;

const FIELDS = [
  'id',
  'task',
  'text',
  'author',
  'source',
  'createdAt',
  'run',
  'arrivedAt',
] as const satisfies readonly (keyof Input)[];
const { list, insert } = columns(FIELDS);

/** What people tell the agents of tasks, in order. */
export function openInputs(db: Connection) {
  const given = ['task', 'text', 'author', 'source', 'createdAt'] as const;
  const insertInput = db.prepare(`insert into inputs ${insert(given)} on conflict (source) do nothing`);
  const one = db.prepare(`select ${list} from inputs where id = ?`);
  const ofTask = db.prepare(`select ${list} from inputs where task = ? order by id`);
  const waiting = db.prepare(`select ${list} from inputs where task = ? and arrived_at is null order by id`);
  const isSpokenTo = db.prepare(
    'select 1 from inputs where task = ? and arrived_at is null and run is not ? limit 1',
  );
  const unheard = db.prepare(
    'select coalesce(sum(length(text)), 0) as length from inputs where task = ? and arrived_at is null',
  );
  const hand = db.prepare('update inputs set run = ? where id = ? and arrived_at is null');
  const arrived = db.prepare('update inputs set arrived_at = ? where id = ? and arrived_at is null');
  return {
    /** The new input's id; null when this source is there already. */
    add(input: Pick<Input, (typeof given)[number]>): number | null {
      const { changes, lastInsertRowid } = insertInput.run(bind(input));
      return changes === 1 ? Number(lastInsertRowid) : null;
    },
    get: (id: number): Input | null => (one.get(id) as Input | undefined) ?? null,
    ofTask: (task: number): Input[] => ofTask.all(task) as Input[],
    /** What the agent has not been seen to go on after. */
    waiting: (task: number): Input[] => waiting.all(task) as Input[],
    /** Whether something waits that was not given to this run. */
    isSpokenTo: ({ task, number }: Pick<Run, 'task' | 'number'>): boolean =>
      isSpokenTo.get(task, number) !== undefined,
    /** More waits to be heard than fits into one prompt. */
    isFull: (task: number): boolean => (unheard.get(task) as { length: number }).length > MOST_SAID,
    /** Handed to a run; that it arrived is another matter. */
    give: (id: number, run: number): void => void hand.run(run, id),
    /** False when that was known. */
    arrived: (id: number, now: number): boolean => arrived.run(now, id).changes === 1,
  };
}
