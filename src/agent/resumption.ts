import { stripInvisible } from '../shared/invisible.ts';

/** What somebody who may command has told a task's agent since it was asked for. */
export interface Said {
  author: string;
  text: string;
}

const INTERRUPTED = `You were interrupted, and can go on now: your conversation and this directory are as you left them. What was
running then has ended. Look at \`git status\`, and go on with the task where you stopped.`;

const STEPS = `When you have done it: commit, \`git push\`, see that the pull request is open, and say \`orch done\`.`;

/**
 * The prompt of a run that goes on in a conversation: an instruction that is new there, what people have said, or else
 * that it can go on.
 */
export function writeResumption({
  instruction,
  said,
}: {
  instruction: string | null;
  said: readonly Said[];
}) {
  const parts = [...(instruction === null ? [] : [instruction.trim()]), ...said.map(describeSaid)];
  const told = parts.length === 0 ? [INTERRUPTED] : parts;
  return stripInvisible(`${[...told, STEPS].join('\n\n')}\n`);
}

/** Who says it may command, so it stands as it was said. */
export function describeSaid({ author, text }: Said): string {
  return `\`${author.replace(/[`\n]/g, "'")}\` says:\n\n${text.trim()}`;
}
