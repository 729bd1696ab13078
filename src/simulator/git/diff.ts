import type { BareRepository } from './repository.ts';

export interface FileDiff {
  path: string;
  previousPath: string | null;
  status: 'added' | 'removed' | 'modified' | 'renamed';
  sha: string;
  additions: number;
  deletions: number;
  /** The hunks from the first `@@` on; null for binary files. */
  patch: string | null;
}

const STATUS = { A: 'added', D: 'removed', R: 'renamed' } as const;

/** What changed from one commit to another, in git's order. */
export async function diffFiles(repository: BareRepository, from: string, to: string): Promise<FileDiff[]> {
  const flags = ['diff-tree', '-r', '-M', '--no-abbrev'];
  const raw = (await repository.run([...flags, '-z', '--raw', from, to])).split('\0');
  const counts = await countLines(repository, flags, from, to);
  const text = await repository.run([...flags, '-p', '--src-prefix=a/', '--dst-prefix=b/', from, to]);
  const patches = `\n${text}`.split('\ndiff --git ').slice(1);
  const files: FileDiff[] = [];
  for (let at = 0; at + 1 < raw.length; ) {
    const [, , before = '', after = '', letter = 'M'] = (raw[at] ?? '').split(' ');
    const renamed = letter.startsWith('R');
    const path = raw[renamed ? at + 2 : at + 1] ?? '';
    const [additions = 0, deletions = 0] = counts[files.length] ?? [];
    const status = STATUS[letter.charAt(0) as keyof typeof STATUS] ?? 'modified';
    files.push({
      path,
      previousPath: renamed ? (raw[at + 1] ?? null) : null,
      status,
      sha: status === 'removed' ? before : after,
      additions,
      deletions,
      patch: hunks(patches[files.length] ?? ''),
    });
    at += renamed ? 3 : 2;
  }
  return files;
}

/** The files each of these commits changed against its first parent, found in one process however many they are. */
export async function changedFiles(
  repository: BareRepository,
  commits: readonly string[],
): Promise<Map<string, { status: string; path: string }[]>> {
  const flags = [
    'diff-tree',
    '--stdin',
    '-r',
    '--root',
    '--no-renames',
    '--diff-merges=first-parent',
    '--name-status',
    '-z',
  ];
  const words = (await repository.run(flags, { input: `${commits.join('\n')}\n` })).split('\0');
  const changed = new Map(commits.map(sha => [sha, [] as { status: string; path: string }[]]));
  let current = '';
  for (let at = 0; at + 1 < words.length; ) {
    const word = words[at] ?? '';
    if (changed.has(word)) {
      current = word;
      at += 1;
    } else {
      changed.get(current)?.push({ status: word, path: words[at + 1] ?? '' });
      at += 2;
    }
  }
  return changed;
}

async function countLines(repository: BareRepository, flags: readonly string[], from: string, to: string) {
  const text = await repository.run([...flags, '--numstat', from, to]);
  const lines = text.split('\n').filter(line => line.includes('\t'));
  return lines.map(line =>
    line
      .split('\t')
      .slice(0, 2)
      .map(count => Number(count) || 0),
  );
}

function hunks(patch: string): string | null {
  const start = patch.indexOf('\n@@ ');
  return start < 0 ? null : patch.slice(start + 1);
}
