import type { CreationKind } from '../store/creations.ts';
import type { Store } from '../store/open.ts';

export interface Once {
  task: number;
  kind: CreationKind;
  key: string;
  now: number;
  /** Finds what an earlier try made whose answer never came. */
  lookUp(): Promise<number | null>;
  create(): Promise<number>;
}

/** What is being created at this moment: the same thing may be called for from two issues at once. */
const underWay = new WeakMap<Store, Map<string, Promise<unknown>>>();

/**
 * Creates something on GitHub once, whatever crashes in between: the intent is on disk before the call, and a second
 * try looks before it creates. Calls for the same thing wait for each other. Returns GitHub's id and whether this call
 * made it.
 */
export async function createOnce(store: Store, once: Once): Promise<{ id: number; created: boolean }> {
  const running = underWay.get(store) ?? new Map<string, Promise<unknown>>();
  underWay.set(store, running);
  const name = JSON.stringify([once.task, once.kind, once.key]);
  while (running.has(name)) await running.get(name)?.catch(() => {});
  const work = create(store, once).finally(() => running.delete(name));
  running.set(name, work);
  return await work;
}

async function create(store: Store, once: Once): Promise<{ id: number; created: boolean }> {
  const { task, kind, key } = once;
  const known = store.creations.get(task, kind, key)?.remoteId;
  if (known != null) return { id: known, created: false };
  const first = store.creations.begin(task, kind, key, once.now);
  const found = first ? null : await once.lookUp();
  const id = found ?? (await once.create());
  store.creations.record(task, kind, key, id, '');
  return { id, created: found === null };
}
