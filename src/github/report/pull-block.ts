import { proofOf } from '../../proof/due.ts';
import { proofLine, proofText } from '../../proof/words.ts';
import type { Proof } from '../../store/proofs.ts';
import { runName, type Task, taskName } from '../../task/glossary.ts';
import type { Octokit } from '../client.ts';
import { marker, ownerAndName } from '../comments.ts';
import { overlapText } from './comment.ts';
import { usedText } from './money.ts';
import type { ReporterOptions } from './reporter.ts';
import { tolerate } from './wish.ts';

const BEGIN = marker('report');
const END = marker('end of report');
/** GitHub's limit is 65,536 characters. */
const BODY_LIMIT = 65_000;

/**
 * Keeps the part of a pull request's text that is Orch's up to date: what the tests have shown, who did it and what it took. All
 * around it belongs to the agent and to people.
 */
export async function reportPull(options: ReporterOptions, octokit: Octokit, task: Task): Promise<null> {
  const { store } = options;
  if (task.pull === null || task.pullState !== 'open' || task.state !== 'completed') return null;
  // What goes on in a pull request tells of it from then on.
  const newest = store.tasks.byPull(task.repositoryId, task.pull).find(each => each.state === 'completed');
  const isOurs = store.creations
    .ofKind(task.continues ?? task.id, 'pull')
    .some(each => each.remoteId === task.pull);
  if (newest?.id !== task.id || !isOurs) return null;
  const block = blockOf(options, task, proofText);
  const key = `block:${task.pull}`;
  if (store.creations.get(task.id, 'decoration', key)?.content === block) return null;
  const at = { ...ownerAndName(task.repository), pull_number: task.pull };
  const { data } = await octokit.request('GET /repos/{owner}/{repo}/pulls/{pull_number}', at);
  const whole = withBlock(data.body ?? '', block);
  const body =
    whole.length <= BODY_LIMIT ? whole : withBlock(data.body ?? '', blockOf(options, task, proofLine));
  if (body !== data.body && body.length <= BODY_LIMIT) {
    await tolerate(options, task, 'GitHub refused the text of a pull request', () =>
      octokit.request('PATCH /repos/{owner}/{repo}/pulls/{pull_number}', { ...at, body }),
    );
  }
  store.creations.begin(task.id, 'decoration', key, options.clock.now());
  store.creations.record(task.id, 'decoration', key, task.pull, block);
  return null;
}

/** The text with this block in place of the one before, or at its end. */
function withBlock(body: string, block: string): string {
  const begin = body.lastIndexOf(BEGIN);
  const end = body.indexOf(END, begin);
  if (begin === -1 || end === -1) return `${body.trimEnd()}\n\n${block}`.trimStart();
  return `${body.slice(0, begin)}${block}${body.slice(end + END.length)}`;
}

/** Names of tests and what they print are anybody's: no marker among them may end it. */
function blockOf({ store }: ReporterOptions, task: Task, tell: (proof: Proof) => string): string {
  const proof = proofOf(store, task);
  const run = store.runs.ofTask(task.id).at(-1);
  const usage = store.usage.ofTask(task.id);
  const model = usage.at(-1)?.model;
  const by = run ? `\`${run.profile}-${run.slot}\`${model ? `, model \`${model}\`` : ''}` : '';
  const facts = [
    `${taskName(task.id)}${run ? ` (run ${runName(task.id, run.number)})` : ''}`,
    by,
    usage.length > 0 ? usedText(usage) : '',
  ].filter(text => text !== '');
  const tested = proof === null ? '' : proof === 'due' ? '⏳ The tests run.' : tell(proof);
  const collides = overlapText(task, store.journal.ofTask(task.id));
  const parts = [collides, tested, `<sub>${facts.join(' · ')}</sub>`].filter(text => text !== '');
  return `${BEGIN}\n---\n\n${parts.join('\n\n').replaceAll('<!--', '<! --')}\n${END}`;
}
