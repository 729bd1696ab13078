import { isVouched, type PromptInput, type Remark, writePrompt } from '../agent/prompt.ts';
import { writeResumption } from '../agent/resumption.ts';
import type { Input } from '../store/inputs.ts';
import type { Plan } from '../store/plans.ts';
import { isResumed, type Run, type Task } from '../task/glossary.ts';

export interface Resumption {
  /** What people have told the task's agent, to whichever of its runs. */
  said: readonly Input[];
  /** What it is to plan, or has planned. */
  plan: Plan | null;
  /** An agent has begun with the instruction in this conversation. */
  hasBegun: boolean;
  /** The person who has worked in the conversation since; null when nobody has. */
  keyboard: string | null;
}

/** What an agent is told that goes on in a conversation: only what is new in it. */
export function promptToGoOn(task: Task, run: Run, { said, plan, hasBegun, keyboard }: Resumption): string {
  const isNew = task.continues !== null && !hasBegun;
  return writeResumption({
    instruction: isNew ? task.instruction : null,
    keyboard,
    said: said.filter(each => each.run === run.number),
    plan: plan && { ...plan, issue: plan.isStale ? issueOf(task) : null },
  });
}

/** What an agent is told that knows nothing yet. What people say after the run was claimed it hears when its turn has ended. */
export function promptToBegin(
  task: Task,
  run: Run,
  said: readonly Input[],
  found: Pick<
    PromptInput,
    'guidance' | 'pullTemplate' | 'restored' | 'setup' | 'context' | 'template' | 'handOver' | 'plan'
  >,
): string {
  return writePrompt({
    ...found,
    instruction: task.instruction,
    vouched: isVouched(task),
    repository: task.repository,
    issue: issueOf(task),
    conversation: JSON.parse(task.conversation) as Remark[],
    said: said.filter(each => each.run !== null),
    isContinued: task.continues === null && isResumed(run),
    pull: task.pull,
    branch: task.branch as string,
    base: task.target as string,
  });
}

function issueOf({
  issue: number,
  issueTitle: title,
  issueBody: body,
  onPullRequest,
}: Task): PromptInput['issue'] {
  return number === 0 ? null : { number, title, body, onPullRequest };
}
