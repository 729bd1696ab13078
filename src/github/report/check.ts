import { PROOF_TITLE, proofText } from '../../proof/words.ts';
import { duration } from '../../shared/clock.ts';
import { fenced, plain } from '../../shared/markdown.ts';
import { shorten } from '../../shared/text.ts';
import type { Proof, ProofVerdict } from '../../store/proofs.ts';
import { type Run, runName, type Task, taskName } from '../../task/glossary.ts';
import { isFinal, type TaskState } from '../../task/states.ts';
import { goesOn, tellable } from './comment.ts';
import { withoutHostPaths } from './paths.ts';
import { askedText, keyboardText } from './talk.ts';

type Conclusion = 'success' | 'failure' | 'action_required' | 'cancelled' | 'neutral';

export interface Check {
  name: string;
  external_id: string;
  status: 'queued' | 'in_progress' | 'completed';
  conclusion?: Conclusion;
  output: { title: string; summary: string };
  actions: { label: string; description: string; identifier: string }[];
}

/** The buttons on a check run; GitHub sends the identifier back. Limits: 20, 40 and 20 characters. */
const CANCEL = {
  label: 'Cancel',
  description: 'Stop the agent and end the task',
  identifier: 'cancel',
};
const PAUSE = {
  label: 'Pause',
  description: 'Stop the agent, to go on later',
  identifier: 'pause',
};
const RESUME = {
  label: 'Resume',
  description: 'Let the task go on where it stopped',
  identifier: 'resume',
};
const RETRY = {
  label: 'Retry',
  description: 'Start the task again on its branch',
  identifier: 'retry',
};

/** At most three, says GitHub. */
const BUTTONS: Record<TaskState, Check['actions']> = {
  queued: [CANCEL, PAUSE],
  starting: [CANCEL, PAUSE],
  running: [CANCEL, PAUSE],
  paused: [CANCEL, RESUME],
  completed: [],
  failed: [RETRY],
  escalated: [RETRY],
  cancelled: [RETRY],
};

/** GitHub's limit is 65,535 characters; a check run that it refuses would never end. */
const SUMMARY_LIMIT = 60_000;

const CONCLUSION: Partial<Record<TaskState, Conclusion>> = {
  completed: 'success',
  failed: 'failure',
  escalated: 'action_required',
  cancelled: 'cancelled',
};

/** Of work that is done the tests tell: people may have their branch wait for it. */
const PROVEN: Record<ProofVerdict, Conclusion> = {
  proven: 'success',
  unproven: 'neutral',
  broken: 'failure',
  not_run: 'neutral',
};

/** The check run of a task on one head commit. An older head's check ends as superseded. */
export function renderCheck(
  task: Task,
  run: Run | undefined,
  used: string,
  isNewest: boolean,
  sandbox: string,
  proof: Proof | 'due' | null = null,
): Check {
  const base = { name: 'orch', external_id: taskName(task.id) };
  if (!isNewest) {
    const output = { title: 'Superseded by a newer commit', summary: 'The task goes on there.' };
    return { ...base, status: 'completed', conclusion: 'neutral', output, actions: [] };
  }
  const output = { title: title(task, proof), summary: summary(task, run, used, sandbox, proof) };
  const actions = BUTTONS[task.state];
  if (proof === 'due') return { ...base, status: 'in_progress', output, actions };
  const conclusion = proof === null ? CONCLUSION[task.state] : PROVEN[proof.verdict];
  if (conclusion !== undefined) return { ...base, status: 'completed', conclusion, output, actions };
  return { ...base, status: task.state === 'running' ? 'in_progress' : 'queued', output, actions };
}

function title(task: Task, proof: Proof | 'due' | null): string {
  if (proof === 'due') return `${taskName(task.id)}: the tests run`;
  if (proof !== null) return `${taskName(task.id)}: ${PROOF_TITLE[proof.verdict]}`;
  const stands = task.question === null || isFinal(task.state) ? task.state : 'asks';
  return shorten(`${taskName(task.id)} ${stands}: ${task.instruction.split('\n', 1)[0]}`, 120);
}

function summary(
  task: Task,
  run: Run | undefined,
  used: string,
  sandbox: string,
  proof: Proof | 'due' | null,
): string {
  // What an agent is told of a review or a log begins with a line for people.
  const [first = ''] = task.instruction.split('\n\n', 1);
  const lines = [plain(shorten(first, 1000)), ''];
  if (proof !== null && proof !== 'due') lines.push(proofText(proof), '');
  const asked = askedText(task);
  if (asked !== '') lines.push(asked, '');
  else if (task.reason) lines.push(`**${plain(tellable(task.reason))}**${goesOn(task, task.updatedAt)}`, '');
  const keyboard = keyboardText(task, run);
  if (keyboard !== '') lines.push(keyboard, '');
  if (run) {
    const spent =
      run.endedAt !== null && run.spawnedAt !== null ? `, ${duration(run.endedAt - run.spawnedAt)}` : '';
    lines.push(`Agent \`${run.profile}-${run.slot}\`, run \`${runName(task.id, run.number)}\`${spent}.`);
  }
  if (used !== '') lines.push(`Used: ${used}.`);
  const where = task.issue === 0 ? '' : ` in #${task.issue}`;
  lines.push(`Asked by \`${task.requester}\`${where}. ${sandbox}`);
  if (isFinal(task.state) && task.state !== 'completed' && run?.lastWords)
    lines.push('', fenced(withoutHostPaths(run.lastWords)));
  return shorten(lines.join('\n'), SUMMARY_LIMIT);
}
