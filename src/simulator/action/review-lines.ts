import { diffFiles, type FileDiff } from '../git/diff.ts';
import type { PullRequest, Repository } from '../model.ts';

/** Moves comments along with their lines when the head does; a comment whose line has changed itself has none any more. */
export async function followLines({ git }: Repository, { pull }: PullRequest): Promise<void> {
  for (const commit of new Set(pull.reviewComments.map(comment => comment.commit))) {
    const files = commit === pull.head.sha ? [] : await diffFiles(git, commit, pull.head.sha);
    for (const comment of pull.reviewComments) {
      if (comment.commit !== commit || comment.originalLine === null || comment.side === 'LEFT') continue;
      const file = files.find(({ path, previousPath }) => (previousPath ?? path) === comment.path);
      comment.line = lineAfter(file, comment.originalLine);
    }
  }
}

/** Where a line is in the new version of a file; null when it is gone. */
function lineAfter(file: FileDiff | undefined, line: number): number | null {
  let [before, after] = [1, 1];
  for (const text of (file?.patch ?? '').split('\n')) {
    const hunk = /^@@ -(\d+)(?:,\d+)? \+(\d+)/.exec(text);
    if (hunk) {
      if (line < Number(hunk[1])) break;
      [before, after] = [Number(hunk[1]), Number(hunk[2])];
    } else if (text.startsWith('+')) {
      after += 1;
    } else if (text.startsWith('-') || text.startsWith(' ')) {
      if (before === line) return text.startsWith('-') ? null : after;
      before += 1;
      if (text.startsWith(' ')) after += 1;
    }
  }
  return line + after - before;
}
