import { EVENTS } from '../../../src/github/app.ts';
import type { Lane } from './lane.ts';
import type { Scene } from './scene.ts';

const READ = `
  with readers (reader) as (values ('github'), ('recorder')),
    ours as (select * from tasks where repository_id = ?)
  select
    (select count(*) from ours) as tasks,
    (select count(*) from ours where state not in ('completed', 'failed', 'escalated', 'cancelled')) as open,
    (select count(*) from runs join ours on ours.id = runs.task
      where ended_at is null or cleaned_at is null) as runs,
    (select count(*) from inbox where handled_at is null) as deliveries,
    (select count(*) from ours, readers
      left join cursors on cursors.reader = readers.reader and cursors.task = ours.id
      where coalesce(cursors.seq, 0) < (select max(seq) from journal where task = ours.id)
        and (readers.reader = 'recorder' or not exists (
          -- The comment says all but what may wait a minute.
          select 1 from creations where task = ours.id and kind = 'comment'
            and iif(json_valid(content), content ->> 'headline', null) =
            concat_ws(',', ours.state, ours.epoch, coalesce(ours.reason, ''), coalesce(ours.pull, ''))))
    ) as unread`;

const HANDLED = 'select delivery from inbox where handled_at > 0 and error is null';

type Pending = Record<'tasks' | 'open' | 'runs' | 'deliveries' | 'unread', number>;

/** What is still to happen by itself in this repository; null when it can't be told because the daemon is down. */
export async function pending(lane: Lane, scene: Scene): Promise<string[] | null> {
  await lane.github.idle();
  lane.check();
  const [row] = (await lane.daemon().query<Pending>(READ, scene.repository.id)) ?? [];
  const handled = await lane.daemon().query<{ delivery: string }>(HANDLED);
  if (!row || !handled) return null;
  const { tasks, ...rest } = row;
  const known = new Set(handled.map(({ delivery }) => delivery));
  const taken = scene.deliveries().filter(({ status, event }) => status === 202 && EVENTS.has(event));
  const checks = [...scene.repository.checkRuns.values()];
  return [
    ...(tasks === 0 ? ['a task'] : []),
    ...Object.entries(rest).flatMap(([what, count]) => (count > 0 ? `${count} ${what}` : [])),
    ...taken.flatMap(({ guid, event }) =>
      known.has(guid) ? [] : `${event} ${guid}, which was acknowledged`,
    ),
    ...checks.flatMap(each => (each.status === 'completed' ? [] : `a check run that is ${each.status}`)),
  ];
}
