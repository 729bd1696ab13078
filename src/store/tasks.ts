import { PRIORITIES, type Request, type Task } from '../task/glossary.ts';
import type { TaskState } from '../task/states.ts';
import { bind, columns } from './columns.ts';
import type { Connection, Statement } from './connection.ts';

const REQUEST = [
  'source',
  'repository',
  'repositoryId',
  'installation',
  'issue',
  'onPullRequest',
  'headSha',
  'comment',
  'requester',
  'requesterId',
  'instruction',
  'issueTitle',
  'issueBody',
  'conversation',
  'contextFiles',
  'agent',
  'capabilities',
  'model',
  'priority',
  'timeoutSeconds',
  'budgetUsd',
  'budgetTokens',
  'base',
  'settings',
  'correlation',
] as const satisfies readonly (keyof Request)[];
const BORN = [...REQUEST, 'state', 'readyAt', 'createdAt', 'updatedAt'] as const;
const FIELDS = [
  'id',
  ...BORN,
  'epoch',
  'reason',
  'runs',
  'tries',
  'branch',
  'target',
  'baseSha',
  'head',
  'pull',
  'pullUrl',
  'pullState',
  'resume',
  'wakeAt',
  'budgetFrom',
  'budgetWarned',
  'question',
  'continues',
  'parent',
  'rollback',
  'keyboard',
] as const satisfies readonly (keyof Task)[];
const { list, insert, set } = columns(FIELDS);

const OPEN = "('queued', 'starting', 'running', 'paused')";

/** What a claim needs to know of each task that it looks at. */
export type Claimable = Pick<
  Task,
  | 'id'
  | 'repositoryId'
  | 'agent'
  | 'capabilities'
  | 'runs'
  | 'branch'
  | 'resume'
  | 'continues'
  | 'settings'
  | 'budgetUsd'
  | 'budgetTokens'
  | 'budgetFrom'
>;

export type TaskPlace = Pick<Task, 'installation' | 'repositoryId' | 'repository'>;

export function openTasks(db: Connection) {
  const insertTask = db.prepare(`insert into tasks ${insert(BORN)}`);
  const forgetNumber = db.prepare("delete from sqlite_sequence where name = 'tasks'");
  const setNumber = db.prepare("insert into sqlite_sequence (name, seq) values ('tasks', ?)");
  const byId = db.prepare(`select ${list} from tasks where id = ?`);
  const bySource = db.prepare(`select ${list} from tasks where source = ?`);
  const openTwin = db.prepare(
    `select ${list} from tasks
     where repository_id = ? and issue = ? and instruction = ? and state in ${OPEN}
       and ? = (select json_group_array(needs) from (select needs from dependencies where task = tasks.id order by needs))
     order by id limit 1`,
  );
  // Written later than now: the clock was set back, and the time to wait for is as wrong.
  const claimed = `select id, repository_id as repositoryId, agent, capabilities, runs, branch, resume, continues, settings,
       budget_usd as budgetUsd, budget_tokens as budgetTokens, budget_from as budgetFrom from tasks`;
  const isQueued = "where state = 'queued' and rollback is null";
  const claimable = db.prepare(
    `${claimed} ${isQueued} and priority = ? and (ready_at <= ? or updated_at > ?)
       and not exists (
         select 1 from dependencies join tasks as needed on needed.id = needs
         where task = tasks.id and not waived and needed.state <> 'completed')
     order by id`,
  );
  // Left to itself SQLite reads the whole queue for it.
  const handedOver = db.prepare(
    `${claimed} indexed by tasks_keyboard ${isQueued} and keyboard is not null order by id`,
  );
  const nextReady = db.prepare(
    `select min(at) as at from
      (select min(ready_at) as at from tasks where state = 'queued' and ready_at > ?
       union all select min(wake_at) from tasks where state = 'paused'
       union all select min(until) from breakers where until > ?)`,
  );
  const wakeable = db.prepare(
    "select id from tasks where state = 'paused' and wake_at is not null and (wake_at <= ? or updated_at > ?) order by id",
  );
  const rollingBack = db.prepare('select id from tasks where rollback is not null order by id');
  const promotable = db.prepare(
    "select id from tasks where state = 'queued' and priority = 2 and created_at <= ?",
  );
  const byIssue = db.prepare(
    `select ${list} from tasks where repository_id = ? and issue = ? order by id desc`,
  );
  const byPull = db.prepare(
    `select ${list} from tasks where repository_id = ? and pull = ? order by id desc`,
  );
  const onBranch = db.prepare(
    `select ${list} from tasks where repository_id = ? and branch = ? order by id desc`,
  );
  const latest = db.prepare(`select ${list} from tasks order by id desc limit ?`);
  const inStates = db.prepare(
    `select ${list} from tasks where state in (select value from json_each(?)) order by id desc limit ?`,
  );
  const openPulls = db.prepare(`select ${list} from tasks where pull_state = 'open' order by id`);
  const aimedAt = db.prepare(
    `select id from tasks where repository_id = ? and target = ? and (pull_state = 'open' or state in ${OPEN}) order by id`,
  );
  const openIn = db.prepare(
    `select ${list} from tasks where (installation = ? or repository_id = ?) and state in ${OPEN} order by id`,
  );
  const troubledIn = db.prepare(
    `select ${list} from tasks where repository_id = ? and state in ('failed', 'escalated') order by id desc limit ?`,
  );
  const openPlaces = db.prepare(
    `select distinct installation, repository_id as repositoryId, repository from tasks where state in ${OPEN}`,
  );
  const going = db.prepare(
    "select id from tasks where state in ('queued', 'starting', 'running') order by id",
  );
  const cancelledFor = db.prepare(
    `select ${list} from tasks where state = 'cancelled' and reason = ? order by id`,
  );
  const move = db.prepare(
    `update tasks set repository = @repository, installation = @installation
     where repository_id = @repositoryId and (repository <> @repository or installation <> @installation)`,
  );
  const elsewhere = db.prepare(
    'select 1 from tasks where repository_id = ? and (repository <> ? or installation <> ?) limit 1',
  );
  const counts = db.prepare('select state, count(*) as count from tasks group by state');
  const open = db.prepare(`select count(*) as count from tasks where state in ${OPEN}`);
  const updates = new Map<string, Statement>();

  return {
    /** A queued task that nobody has taken yet; the columns' defaults say the rest. */
    insert(request: Request, now: number): number {
      const born = { state: 'queued', readyAt: now, createdAt: now, updatedAt: now };
      const priority = PRIORITIES.indexOf(request.priority);
      const capabilities = [...new Set(request.capabilities)].sort();
      const row = bind({ ...request, ...born, priority, capabilities });
      return Number(insertTask.run(row).lastInsertRowid);
    },
    /** The next task gets this number, which is above those of all that there are. */
    countFrom(id: number): void {
      forgetNumber.run();
      setNumber.run(id - 1);
    },
    get: (id: number): Task | null => read(byId.get(id)),
    bySource: (source: string): Task | null => read(bySource.get(source)),
    /** The open task that asks for the same thing at the same place, after the same tasks, if any. */
    openTwin({ repositoryId, issue, instruction }: Request, after: readonly number[]): Task | null {
      const needs = JSON.stringify([...new Set(after)].sort((a, b) => a - b));
      return read(openTwin.get(repositoryId, issue, instruction, needs));
    },
    /** Queued tasks whose time has come, in the order they should be claimed; read only as far as needed. */
    *claimable(now: number): Generator<Claimable> {
      // Somebody sits there and waits; the place is the one that the task has just left.
      for (const row of handedOver.iterate()) yield toClaim(row);
      for (const priority of PRIORITIES.keys())
        for (const row of claimable.iterate(priority, now, now)) yield toClaim(row);
    },
    /** When the next delayed task becomes claimable, a paused one wakes or an agent's limit ends, if there is any. */
    nextReady: (now: number): number | null => (nextReady.get(now, now) as { at: number | null }).at,
    /** Paused tasks whose time has come. */
    wakeable: (now: number): number[] => wakeable.all(now, now).map(row => (row as { id: number }).id),
    /** Tasks that are to go back to a checkpoint. */
    rollingBack: (): number[] => rollingBack.all().map(row => (row as { id: number }).id),
    promotable: (createdBefore: number): number[] =>
      promotable.all(createdBefore).map(row => (row as { id: number }).id),
    byIssue: (repositoryId: number, issue: number): Task[] =>
      byIssue.all(repositoryId, issue).map(row => read(row) as Task),
    byPull: (repositoryId: number, pull: number): Task[] =>
      byPull.all(repositoryId, pull).map(row => read(row) as Task),
    /** The task that made the branch and those that go on in it, the newest first. */
    onBranch: (repositoryId: number, branch: string): Task[] =>
      onBranch.all(repositoryId, branch).map(row => read(row) as Task),
    /** The newest tasks, of all states or of some. */
    list: (limit: number, states?: readonly TaskState[]): Task[] =>
      (states === undefined ? latest.all(limit) : inStates.all(JSON.stringify(states), limit)).map(
        row => read(row) as Task,
      ),
    /** Tasks whose pull request goes to a branch, or will. */
    aimedAt: (repositoryId: number, branch: string): number[] =>
      aimedAt.all(repositoryId, branch).map(row => (row as { id: number }).id),
    openInInstallation: (installation: number): Task[] =>
      openIn.all(installation, null).map(row => read(row) as Task),
    openInRepository: (repositoryId: number): Task[] =>
      openIn.all(null, repositoryId).map(row => read(row) as Task),
    /** Those of a repository that came to nothing, the newest first. */
    troubledIn: (repositoryId: number, limit: number): Task[] =>
      troubledIn.all(repositoryId, limit).map(row => read(row) as Task),
    /** Where open tasks are. */
    openPlaces: (): TaskPlace[] => openPlaces.all() as TaskPlace[],
    /** Tasks that go on by themselves. */
    going: (): number[] => going.all().map(row => (row as { id: number }).id),
    cancelledFor: (reason: string): Task[] => cancelledFor.all(reason).map(row => read(row) as Task),
    /** The repository has this name and is reached by this installation now. False when that is nothing new. */
    move: (place: TaskPlace): boolean => move.run({ ...place }).changes > 0,
    /** Whether any task has this repository under another name or installation. */
    areElsewhere: ({ repositoryId, repository, installation }: TaskPlace): boolean =>
      elsewhere.get(repositoryId, repository, installation) !== undefined,
    withOpenPull: (): Task[] => openPulls.all().map(row => read(row) as Task),
    counts: (): Partial<Record<TaskState, number>> =>
      Object.fromEntries(
        counts.all().map(row => [(row as { state: TaskState }).state, (row as { count: number }).count]),
      ),
    countOpen: (): number => (open.get() as { count: number }).count,
    /** Writes only while the epoch is still the caller's; false means that the task has changed hands. */
    update(id: number, epoch: number, patch: Partial<Task>): boolean {
      const fields = Object.keys(patch);
      const key = fields.join();
      let statement = updates.get(key);
      if (!statement) {
        statement = db.prepare(`update tasks set ${set(fields)} where id = @whereId and epoch = @whereEpoch`);
        updates.set(key, statement);
      }
      const values =
        patch.priority === undefined ? patch : { ...patch, priority: PRIORITIES.indexOf(patch.priority) };
      return statement.run({ ...bind(values), whereId: id, whereEpoch: epoch }).changes === 1;
    },
  };
}

function read(row: unknown): Task | null {
  if (!row) return null;
  type Lists = 'contextFiles' | 'capabilities';
  type Raw = Omit<Task, 'priority' | 'onPullRequest' | 'budgetWarned' | Lists>;
  type Numbers = { priority: number; onPullRequest: number; budgetWarned: number };
  const raw = row as Raw & Numbers & Record<Lists, string>;
  const [onPullRequest, budgetWarned] = [raw.onPullRequest === 1, raw.budgetWarned === 1];
  const contextFiles = JSON.parse(raw.contextFiles) as string[];
  const capabilities = JSON.parse(raw.capabilities) as string[];
  return {
    ...raw,
    onPullRequest,
    budgetWarned,
    contextFiles,
    capabilities,
    priority: PRIORITIES[raw.priority] ?? 'normal',
  };
}

function toClaim(row: unknown): Claimable {
  const raw = row as Omit<Claimable, 'capabilities'> & { capabilities: string };
  return { ...raw, capabilities: JSON.parse(raw.capabilities) as string[] };
}
