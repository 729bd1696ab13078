import type { Settings } from '../config/settings.ts';
import type { Replies, RepliesOptions } from './replies.ts';

/** What the handlers of deliveries have at hand. */
export interface AppContext extends RepliesOptions {
  settings: Settings;
  replies: Replies;
}
