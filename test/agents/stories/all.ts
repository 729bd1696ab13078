import type { Story } from '../story.ts';
import { choose } from '../tool.ts';
import { askAnswer } from './ask-answer.ts';
import { budgetPause } from './budget-pause.ts';
import { cancelTree } from './cancel-tree.ts';
import { commit } from './commit.ts';
import { limitSwitch } from './limit-switch.ts';
import { mcpTools } from './mcp-tools.ts';
import { resume } from './resume.ts';
import { say } from './say.ts';
import { takeOver } from './take-over.ts';

export const STORIES: readonly Story[] = [
  commit,
  resume,
  say,
  limitSwitch,
  cancelTree,
  budgetPause,
  askAnswer,
  mcpTools,
  takeOver,
];

/** Those named, as `choose` does. */
export function chooseStories(names: string | undefined): readonly Story[] {
  return choose('story', STORIES, story => story.name, names);
}
