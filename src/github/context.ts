import type { Settings } from '../config/settings.ts';
import type { Replies, RepliesOptions } from './replies.ts';

/** What the handlers of deliveries have at hand. */
export interface AppContext extends RepliesOptions {
  settings: Settings;
  replies: Replies;
  /** Has a task go back to a checkpoint, the newest unless told. Errors: E_CHECKPOINT. */
  rollBack(task: number, checkpoint: number | null, by: string): void;
}
