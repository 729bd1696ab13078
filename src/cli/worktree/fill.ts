import type { Io } from './broker-client.ts';
import { git } from './git.ts';

export interface FillOptions {
  branch: string;
  /** Commits that are not the branch's own, with all they reach. */
  without: readonly string[];
  'fill-first'?: boolean;
  'fill-verbose'?: boolean;
}

/**
 * Title and body of a pull request, made of its commits as gh does it: one commit gives both; of several the branch
 * gives the title and their subjects the body. Throws when there is no commit.
 */
export async function fill(io: Io, options: FillOptions): Promise<{ title: string; body: string }> {
  const commits = await readCommits(io, options.without);
  const [first] = commits;
  if (first === undefined) {
    throw new Error('There is nothing to open a pull request for: commit your work first.');
  }
  if (commits.length === 1 || options['fill-first']) return { title: first.subject, body: first.body };
  const items = commits.map(({ subject, body }) =>
    options['fill-verbose'] && body
      ? `- **${subject}**\n\n${body.replace(/^(?=.)/gm, '  ')}\n`
      : `- ${subject}`,
  );
  return { title: titleOf(options.branch) || first.subject, body: items.join('\n') };
}

async function readCommits(io: Io, without: readonly string[]) {
  const excluded = without.map(sha => `^${sha}`);
  const log = await git(io, 'log', '--reverse', '--format=%s%x00%b%x00', 'HEAD', ...excluded, '--');
  const parts = log.split('\0').map(part => part.trim());
  return parts.flatMap((subject, at) =>
    at % 2 === 0 && subject ? [{ subject, body: withoutTrailers(parts[at + 1] ?? '') }] : [],
  );
}

// Every commit has it, by the workspace's hook; GitHub takes it from there.
function withoutTrailers(body: string): string {
  return body.replace(/^Co-authored-by: .*$/gim, '').trim();
}

/** `orch/T42-fix-the-failing-test` gives `Fix the failing test`. */
function titleOf(branch: string): string {
  const slug = branch.replace(/^.*\//, '').replace(/^T\d+-?/, '');
  const words = slug.replace(/[-_]+/g, ' ').trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
