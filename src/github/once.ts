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

/**
 * Creates something on GitHub once, whatever crashes in between: the intent is on disk before the call, and a second
 * try looks before it creates. Returns GitHub's id and whether this call made it.
 */
export async function createOnce(store: Store, once: Once): Promise<{ id: number; created: boolean }> {
  const { task, kind, key } = once;
  const known = store.creations.get(task, kind, key)?.remoteId;
  if (known != null) return { id: known, created: false };
  const first = store.creations.begin(task, kind, key, once.now);
  const found = first ? null : await once.lookUp();
  const id = found ?? (await once.create());
  store.creations.record(task, kind, key, id, '');
  return { id, created: found === null };
}
