/**
 * The database, one migration a release that changes it. A migration that has been released is never edited:
 * its index plus one is the `user_version` of the databases that hold it.
 */
export const MIGRATIONS: readonly string[] = [
  `
  create table inbox (
    id integer primary key,
    delivery text not null unique,
    event text not null,
    payload text not null,
    received_at integer not null,
    tries integer not null default 0,
    handled_at integer,
    error text
  ) strict;
  create index inbox_waiting on inbox (id) where handled_at is null;

  create table tasks (
    id integer primary key autoincrement,
    source text not null unique,
    repository text not null,
    repository_id integer not null,
    installation integer not null,
    issue integer not null,
    on_pull_request integer not null,
    head_sha text,
    comment integer,
    requester text not null,
    requester_id integer not null,
    agent text,
    model text,
    priority integer not null,
    timeout_seconds integer not null,
    base text,
    correlation text not null,
    state text not null,
    epoch integer not null default 0,
    reason text,
    runs integer not null default 0,
    tries integer not null default 0,
    ready_at integer not null,
    branch text,
    target text,
    base_sha text,
    head text,
    pull integer,
    pull_url text,
    pull_state text,
    created_at integer not null,
    updated_at integer not null,
    -- What may be long stands last: reading a row's other columns does not lead through it.
    settings text not null,
    instruction text not null,
    issue_title text not null,
    issue_body text not null
  ) strict;
  -- One index serves the claim; a second one on state alone would lure the planner into sorting.
  create index tasks_order on tasks (state, priority, id);
  create index tasks_issue on tasks (repository_id, issue);
  create index tasks_pull on tasks (repository_id, pull) where pull is not null;
  create index tasks_open_pull on tasks (pull_state) where pull_state = 'open';
  create index tasks_branch on tasks (repository_id, branch) where branch is not null;

  create table runs (
    task integer not null references tasks (id),
    number integer not null,
    epoch integer not null,
    profile text not null,
    slot integer not null,
    started_at integer not null,
    spawned_at integer,
    pid integer,
    pid_start text,
    done_at integer,
    stop_at integer,
    stop_reason text,
    ended_at integer,
    outcome text,
    exit_code integer,
    reason text,
    last_words text,
    cleaned_at integer,
    primary key (task, number)
  ) strict, without rowid;
  create index runs_live on runs (task) where ended_at is null;
  create index runs_uncleaned on runs (task) where cleaned_at is null and ended_at is not null;

  create table journal (
    seq integer primary key autoincrement,
    at integer not null,
    task integer not null references tasks (id),
    type text not null,
    data text not null
  ) strict;
  create index journal_task on journal (task, seq);

  create table cursors (
    reader text not null,
    task integer not null references tasks (id),
    seq integer not null,
    primary key (reader, task)
  ) strict, without rowid;

  -- What Orch made on GitHub. The row is written before the call, so that a crash in between leads to a look-up.
  -- Task 0 stands for what belongs to no task, such as an answer to a mistake.
  create table creations (
    task integer not null,
    kind text not null,
    key text not null,
    remote_id integer,
    content text,
    begun_at integer not null,
    primary key (task, kind, key)
  ) strict, without rowid;

  create table repositories (
    id integer primary key,
    name text not null,
    settings_text text,
    settings_sha text,
    complained_sha text
  ) strict;
  `,
  `
  -- What was made on GitHub in the last hour counts against GitHub's limits after a restart, too.
  create index creations_begun on creations (begun_at);
  `,
  `
  -- What was said before a task was asked for, so that each try reads the same.
  alter table tasks add column conversation text not null default '[]';
  `,
  `
  -- Numbers to go on from, such as the newest delivery that a sweep of GitHub's log has seen.
  create table marks (
    name text primary key,
    value integer not null
  ) strict, without rowid;
  `,
  `
  -- A run can go on in the workspace and session of another, and is paid for.
  alter table tasks add column resume integer;
  alter table tasks add column wake_at integer;
  alter table tasks add column budget_usd real;
  alter table tasks add column budget_tokens integer;
  alter table tasks add column budget_warned integer not null default 0;
  alter table tasks add column question text;
  alter table tasks add column continues integer references tasks (id);
  create index tasks_wake on tasks (wake_at) where state = 'paused' and wake_at is not null;

  alter table runs add column workspace text not null default '';
  update runs set workspace = 'T' || task || '.' || number;
  alter table runs add column session text;
  create index runs_workspace on runs (workspace);

  -- What a run has used, as its CLI tells; null is unknown.
  create table usage (
    task integer not null,
    run integer not null,
    model text,
    input_tokens integer,
    cached_tokens integer,
    output_tokens integer,
    cost_usd real,
    cost_source text check (cost_source in ('reported', 'computed')),
    at integer not null,
    primary key (task, run),
    foreign key (task, run) references runs (task, number)
  ) strict, without rowid;

  create table inputs (
    id integer primary key autoincrement,
    task integer not null references tasks (id),
    text text not null,
    author text not null,
    source text not null unique,
    created_at integer not null,
    run integer,
    arrived_at integer
  ) strict;
  create index inputs_waiting on inputs (task, id) where arrived_at is null;

  create table checkpoints (
    task integer not null references tasks (id),
    number integer not null,
    run integer not null,
    sha text not null,
    session text,
    why text not null,
    at integer not null,
    primary key (task, number)
  ) strict, without rowid;

  -- Profiles that have come to a limit of their vendor's.
  create table breakers (
    profile text primary key,
    until integer not null,
    reason text not null
  ) strict, without rowid;
  `,
  `
  -- What a checkpoint lacks; and the checkpoint that a task is to go back to.
  alter table checkpoints add column left_out text not null default '[]';
  alter table tasks add column rollback integer;
  `,
  `
  -- What a task's runs after this one take counts against its budget.
  alter table tasks add column budget_from integer not null default 0;
  create index runs_started on runs (started_at);
  `,
  `
  -- Files that a task's agent is to read first. What ended before is no news for the shared context.
  alter table tasks add column context_files text not null default '[]';
  insert into cursors (reader, task, seq) select 'context', task, max(seq) from journal group by task;
  `,
  `
  -- What a task's agent must be good at, and why a run's agent took it.
  alter table tasks add column capabilities text not null default '[]';
  alter table runs add column choice text;
  `,
  `
  -- A task starts when those that it needs are completed. They are older than it, so that none can wait for itself.
  create table dependencies (
    task integer not null references tasks (id),
    needs integer not null references tasks (id) check (needs < task),
    waived integer not null default 0,
    primary key (task, needs)
  ) strict, without rowid;
  create index dependencies_needs on dependencies (needs);
  alter table tasks add column parent integer references tasks (id);
  `,
  `
  -- Pull requests that no forge keeps but this store.
  create table pulls (
    task integer primary key references tasks (id),
    title text not null,
    body text not null,
    draft integer not null,
    opened_at integer not null,
    tests text
  ) strict;
  `,
  `
  -- Who takes over a task's keyboard, and who has that of a run.
  alter table tasks add column keyboard text;
  alter table runs add column keyboard text;
  create index tasks_keyboard on tasks (id) where keyboard is not null;
  `,
  `
  -- The newest runs of a profile, for what is known of it.
  create index runs_past on runs (profile, ended_at)
    where outcome in ('succeeded', 'failed', 'crashed', 'timed_out') and spawned_at is not null;
  `,
  `
  -- Title, text and labels of the pull request at a checkpoint.
  alter table checkpoints add column pull text;
  `,
  `
  -- The newest runs of a profile, those that never got an agent too. Without \`not null\` SQLite would look for live runs here.
  drop index runs_past;
  create index runs_ended on runs (profile, ended_at) where ended_at is not null;
  `,
  `
  -- Why a task goes on in the pull request of another.
  create table follow_ups (
    task integer primary key references tasks (id),
    origin integer not null references tasks (id),
    kind text not null check (kind in ('review', 'comment', 'ci', 'base')),
    matter text not null
  ) strict;
  create index follow_ups_origin on follow_ups (origin);
  `,
  `
  -- Plans that people approve before a task is done.
  create table plans (
    task integer primary key references tasks (id),
    version integer not null default 0,
    text text,
    files text not null default '[]',
    risk text,
    quote text,
    made_at integer,
    stale integer not null default 0,
    approved_by text,
    approved_at integer
  ) strict;
  `,
  `
  -- What running the tests has shown of a task's work.
  create table proofs (
    task integer primary key references tasks (id),
    proof text not null,
    at integer not null
  ) strict;
  `,
  `
  -- The files that tasks change, and where their work meets others'; without \`other\` the branch that it goes to.
  create table touched (
    task integer primary key references tasks (id),
    files text not null
  ) strict;
  create table overlaps (
    task integer not null references tasks (id),
    other integer references tasks (id),
    conflicts integer not null,
    files text not null
  ) strict;
  create index overlaps_task on overlaps (task);
  `,
  `
  -- When people could first see a plan.
  alter table plans add column shown_at integer;
  `,
];
