import { stripInvisible } from '../shared/invisible.ts';
import { type Approved, approvedWords, changedIssue, PLAN_AGAIN } from './planning.ts';

/** What somebody who may command has told a task's agent since it was asked for. */
export interface Said {
  author: string;
  text: string;
}

const INTERRUPTED = `You were interrupted, and can go on now: your conversation and this directory are as you left them. What was
running then has ended. Look at \`git status\`, and go on with the task where you stopped.`;

const STEPS = `When you have done it: commit, \`git push\`, see that the pull request is open, and say \`orch done\`.`;

/**
 * The prompt of a run that goes on in a conversation: that a person has worked there, an instruction that is new there, what
 * people have said, or else that it can go on.
 */
export function writeResumption({
  instruction,
  keyboard,
  said,
  plan = null,
}: {
  instruction: string | null;
  keyboard: string | null;
  said: readonly Said[];
  /** Null where no plan was asked for; with the issue where that has changed. */
  plan?: (Approved & { issue: { title: string; body: string } | null }) | null;
}) {
  const isPlanning = plan !== null && plan.approvedAt === null;
  const parts = [
    ...(keyboard === null ? [] : [handedBack(keyboard)]),
    ...(instruction === null ? [] : [instruction.trim()]),
    ...(plan === null ? [] : approvedWords(plan)),
    ...(isPlanning && plan.issue ? [changedIssue(plan.issue)] : []),
    ...said.map(describeSaid),
  ];
  const told = parts.length === 0 ? [INTERRUPTED] : parts;
  return stripInvisible(`${[...told, isPlanning ? PLAN_AGAIN : STEPS].join('\n\n')}\n`);
}

function handedBack(who: string): string {
  return `${quoted(who)} has worked here at the keyboard in between, in this conversation and in this directory, and is gone now: nobody
sits here any more. Look at \`git status\` and \`git log\`, keep what was done, and go on with the task from there.`;
}

/** Who says it may command, so it stands as it was said. */
export function describeSaid({ author, text }: Said): string {
  return `${quoted(author)} says:\n\n${text.trim()}`;
}

function quoted(name: string): string {
  return `\`${name.replace(/[`\n]/g, "'")}\``;
}
