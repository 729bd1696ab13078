import type { Task } from '../task/glossary.ts';
import type { Connection } from './connection.ts';

/** What a task's agent is to say before it works, and what people say to that. */
export interface Plan {
  task: number;
  /** How many there have been; 0 before the first. */
  version: number;
  text: string | null;
  /** Files that its agent expects to change. */
  files: string[];
  risk: string | null;
  madeAt: number | null;
  /** When it first stood where people can approve it; null while it does not. */
  shownAt: number | null;
  quote: Quote | null;
  /** The text has changed since it was made. */
  isStale: boolean;
  approvedBy: string | null;
  approvedAt: number | null;
}

/** What a task is expected to take, as of when its plan was made. */
export interface Quote {
  /** US dollars and seconds of tasks like it; null where too few are known. */
  usd: Spread | null;
  seconds: Spread | null;
  /** Which tasks that is known from. */
  from: string | null;
  /** Queued tasks that go before it, and agents at work. */
  ahead: number;
  atWork: number;
  /** What approving it grants, in US dollars, where nothing else is said; null: no bound. */
  capUsd: number | null;
}

/** Half of those like it took no more than `expected`, eight of ten between `low` and `high`. */
export interface Spread {
  expected: number;
  low: number;
  high: number;
  of: number;
}

export type PlanText = Pick<Plan, 'text' | 'files' | 'risk' | 'quote'>;

/** What a task with a plan of this version waits for, as its open question says. */
export function questionOf({ version }: Pick<Plan, 'version'>): string {
  return `${ABOUT} ${version}`;
}

const ABOUT = 'whether to carry out its plan, version';

/** Whether a question is answered by approving a plan. */
export function isAboutPlan(question: string): boolean {
  return question.startsWith(ABOUT);
}

/** Its plan is there, and whether it is carried out is for people to say. */
export function isWaiting(task: Pick<Task, 'state' | 'question'>, plan: Plan): boolean {
  return task.state === 'paused' && plan.approvedAt === null && task.question === questionOf(plan);
}

/** Plans of the tasks that have to have one. */
export function openPlans(db: Connection) {
  const list = `task, version, text, files, risk, made_at as madeAt, shown_at as shownAt, quote, stale as isStale, approved_by as approvedBy,
    approved_at as approvedAt`;
  const want = db.prepare('insert into plans (task) values (?) on conflict do nothing');
  const get = db.prepare(`select ${list} from plans where task = ?`);
  const make = db.prepare(
    `update plans set version = version + 1, text = @text, files = @files, risk = @risk, quote = @quote, made_at = @at, shown_at = null, stale = 0
     where task = @task and approved_at is null`,
  );
  const show = db.prepare(
    'update plans set shown_at = ? where task = ? and version = ? and shown_at is null',
  );
  const approve = db.prepare('update plans set approved_by = ?, approved_at = ? where task = ?');
  const stale = db.prepare('update plans set stale = ? where task = ? and stale <> ?');
  const open = db.prepare(
    `select plans.task from plans join tasks on tasks.id = plans.task
     where state = 'paused' and question is not null and approved_at is null order by plans.task`,
  );
  return {
    /** The task's agent is to make a plan first. */
    want: (task: number): void => void want.run(task),
    get: (task: number): Plan | null => read(get.get(task)),
    /** What its agent does is to make a plan, and to change nothing. */
    isMaking: (task: number): boolean => read(get.get(task))?.approvedAt === null,
    /** The next version, which nobody has approved. */
    make(task: number, { text, files, risk, quote }: PlanText, at: number): void {
      make.run({ task, text, files: JSON.stringify(files), risk, quote: JSON.stringify(quote), at });
    },
    /** This version stands where people see it. */
    shown: ({ task, version }: Plan, at: number): void => void show.run(at, task, version),
    approve: (task: number, by: string, at: number): void => void approve.run(by, at, task),
    withdraw: (task: number): void => void approve.run(null, null, task),
    /** False when that was known. */
    setStale: (task: number, isStale: boolean): boolean =>
      stale.run(Number(isStale), task, Number(isStale)).changes === 1,
    /** Tasks that wait for people to say something, a plan among it. */
    open: (): number[] => open.all().map(row => (row as { task: number }).task),
  };
}

function read(row: unknown): Plan | null {
  if (!row) return null;
  const raw = row as Omit<Plan, 'files' | 'quote' | 'isStale'> & Raw;
  const quote = raw.quote === null ? null : (JSON.parse(raw.quote) as Quote);
  return { ...raw, files: JSON.parse(raw.files) as string[], quote, isStale: raw.isStale === 1 };
}

interface Raw {
  files: string;
  quote: string | null;
  isStale: number;
}
