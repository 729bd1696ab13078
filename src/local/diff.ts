import type { PullView, TestsView } from '../record/views.ts';
import { OrchError } from '../shared/errors.ts';
import type { LocalPull } from '../store/pulls.ts';
import { type Task, taskName } from '../task/glossary.ts';
import { commitOf, type LocalRepository, personGit } from './repository.ts';

/** What a task's branch changes, and what its agent says of it. Errors: E_TASK_STATE while there is no branch. */
export async function showPull(
  repository: LocalRepository,
  task: Task,
  pull: LocalPull | null,
  tests: TestsView,
): Promise<PullView> {
  const { top } = repository;
  const { branch, target, baseSha: from, head } = task;
  if (branch === null || target === null || from === null || head === null)
    throw new OrchError('E_TASK_STATE', `${taskName(task.id)} has no commits yet`);
  // People may have gone on in the branch, and what they see here is what would be merged.
  const to = (task.pullState === 'open' ? await commitOf(repository, branch) : null) ?? head;
  const [log, numbers] = await Promise.all([
    personGit(top, ['log', '--reverse', '-z', '--format=%H %s', `${from}..${to}`]),
    personGit(top, ['diff', '--numstat', '-z', '--no-renames', `${from}...${to}`]),
  ]);
  const commits = parts(log).map(line => ({
    commit: line.slice(0, line.indexOf(' ')),
    subject: line.slice(line.indexOf(' ') + 1),
  }));
  const files = parts(numbers).map(line => {
    const [added = '', removed = '', path = ''] = line.split('\t');
    return { path, added: count(added), removed: count(removed) };
  });
  const { title = null, body = null, draft = false } = pull ?? {};
  return {
    task: taskName(task.id),
    title,
    body,
    draft,
    branch,
    base: target,
    from,
    to,
    commits,
    files,
    tests,
  };
}

function parts(text: string): string[] {
  return text.split('\0').filter(part => part !== '');
}

/** Of a binary file git says `-`. */
function count(text: string): number | null {
  return text === '-' ? null : Number(text);
}
