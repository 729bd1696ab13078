import { appendFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram, tryProgram } from '../../shared/program.ts';

export interface Person {
  name: string;
  email: string;
  /** Milliseconds since 1970. */
  date: number;
}

export interface Commit {
  sha: string;
  tree: string;
  parents: string[];
  author: Person;
  committer: Person;
  message: string;
}

export interface TreeEntry {
  path: string;
  mode: string;
  type: 'blob' | 'tree' | 'commit';
  sha: string;
  size: number | null;
}

/** Nothing of the machine's or the user's git settings leaks into a repository of the simulator. */
export const GIT_ENVIRONMENT = {
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
  LC_ALL: 'C',
};

/** A bare repository on disk, as GitHub keeps one: plumbing only, no working tree. */
export class BareRepository {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** `hooks` is a folder shared by all repositories; refs/pull is GitHub's own and can't be pushed to. */
  static async create(path: string, options: { branch: string; hooks: string }): Promise<BareRepository> {
    await mkdir(path, { recursive: true });
    const repository = new BareRepository(path);
    await repository.run([
      'init',
      '--quiet',
      '--bare',
      '--template=',
      `--initial-branch=${options.branch}`,
      path,
    ]);
    await appendFile(join(path, 'config'), settings(options.hooks));
    return repository;
  }

  async run(
    args: readonly string[],
    options: { input?: string | Uint8Array; env?: object } = {},
  ): Promise<string> {
    return runProgram('git', args, this.#options(options));
  }

  async try(args: readonly string[], options: { input?: string; env?: object } = {}) {
    return tryProgram('git', args, this.#options(options));
  }

  /** All refs with the objects they point to. */
  async refs(prefix = 'refs/'): Promise<Map<string, string>> {
    const lines = await this.run(['for-each-ref', '--format=%(objectname) %(refname)', prefix]);
    return new Map(
      lines
        .split('\n')
        .filter(Boolean)
        .map(line => [line.slice(41), line.slice(0, 40)]),
    );
  }

  /** The commit a branch, tag, ref or sha names, or null. */
  async resolve(revision: string): Promise<string | null> {
    if (/\s/.test(revision)) return null;
    const candidates = [`refs/heads/${revision}`, `refs/tags/${revision}`, revision];
    const input = candidates.map(name => `${name}^{commit}\n`).join('');
    const found = await this.run(['cat-file', '--batch-check=%(objectname)'], { input });
    return found.split('\n').find(line => /^[0-9a-f]{40}$/.test(line)) ?? null;
  }

  /** The same, and whether something lies at that path of it: one process, since Apps ask for files that aren't there. */
  async look(revision: string, path: string): Promise<{ commit: string | null; isThere: boolean }> {
    if (/[\r\n]/.test(path)) return { commit: await this.resolve(revision), isThere: false };
    const names = /\s/.test(revision) ? [] : [`refs/heads/${revision}`, `refs/tags/${revision}`, revision];
    const input = names.map(name => `${name}^{commit}\n${name}:${path}\n`).join('');
    const lines = (await this.run(['cat-file', '--batch-check=%(objectname)'], { input })).split('\n');
    const at = lines.findIndex((line, index) => index % 2 === 0 && /^[0-9a-f]{40}$/.test(line));
    return { commit: lines[at] ?? null, isThere: at >= 0 && /^[0-9a-f]{40}$/.test(lines[at + 1] ?? '') };
  }

  /** The commits `git log` gives for these revisions (`^sha` excludes) and flags. */
  async commits(revisions: readonly string[], flags: readonly string[] = []): Promise<Commit[]> {
    const format = '%H%x00%T%x00%P%x00%an%x00%ae%x00%at%x00%cn%x00%ce%x00%ct%x00%B';
    const text = await this.run([
      'log',
      '-z',
      `--format=${format}`,
      ...flags,
      '--end-of-options',
      ...revisions,
      '--',
    ]);
    const fields = text.split('\0');
    const commits: Commit[] = [];
    for (let start = 0; start + 9 < fields.length; start += 10)
      commits.push(readCommit(fields.slice(start, start + 10)));
    return commits;
  }

  async commit(sha: string): Promise<Commit> {
    const [commit] = await this.commits([sha], ['-1']);
    if (!commit) throw new Error(`no commit ${sha}`);
    return commit;
  }

  async tree(treeish: string, recursive = false): Promise<TreeEntry[]> {
    const flags = recursive ? ['-r', '-t'] : [];
    const text = await this.run(['ls-tree', '-z', '--long', ...flags, treeish]);
    return text.split('\0').filter(Boolean).map(readTreeEntry);
  }

  /** What lies at a path of a commit, or null. */
  async entry(commit: string, path: string): Promise<TreeEntry | null> {
    const found = await this.try(['ls-tree', '-z', '--long', commit, '--', `:(literal)${path}`]);
    const line = found.stdout.split('\0')[0];
    return found.exitCode === 0 && line ? readTreeEntry(line) : null;
  }

  async blob(sha: string): Promise<Buffer> {
    const base64 = await runProgram('git', ['cat-file', 'blob', sha], {
      ...this.#options({}),
      encoding: 'base64',
      stripFinalNewline: false,
    });
    return Buffer.from(base64, 'base64');
  }

  async exists(sha: string, type: 'commit' | 'blob' | 'tree'): Promise<boolean> {
    if (!/^[0-9a-f]{40}$/.test(sha)) return false;
    const found = await this.try(['cat-file', '-t', sha]);
    return found.exitCode === 0 && found.stdout.trim() === type;
  }

  async isAncestor(ancestor: string, descendant: string): Promise<boolean> {
    return (await this.try(['merge-base', '--is-ancestor', ancestor, descendant])).exitCode === 0;
  }

  async mergeBase(one: string, other: string): Promise<string | null> {
    const found = await this.try(['merge-base', one, other]);
    return found.exitCode === 0 ? found.stdout.trim() : null;
  }

  /** Removes an index file that was made for one command. */
  async discard(file: string): Promise<void> {
    await rm(file, { force: true });
  }

  async setRef(ref: string, sha: string | null): Promise<void> {
    await this.run(sha === null ? ['update-ref', '-d', ref] : ['update-ref', ref, sha]);
  }

  /** The tree that a merge of two commits gives, or null when they conflict. */
  async mergedTree(base: string, head: string): Promise<string | null> {
    const merged = await this.try(['merge-tree', '--write-tree', base, head]);
    return merged.exitCode === 0 ? merged.stdout.split('\n')[0] || null : null;
  }

  async commitTree(
    tree: string,
    parents: readonly string[],
    message: string,
    by: CommitPeople,
  ): Promise<string> {
    const args = ['commit-tree', tree, ...parents.flatMap(parent => ['-p', parent])];
    return (await this.run(args, { input: message, env: identity(by) })).trim();
  }

  #options(options: { input?: string | Uint8Array; env?: object }) {
    const input = options.input === undefined ? {} : { stdin: 'pipe' as const, input: options.input };
    return { cwd: this.path, env: { ...GIT_ENVIRONMENT, GIT_DIR: this.path, ...options.env }, ...input };
  }
}

function settings(hooks: string): string {
  return `[http]
	receivepack = true
[receive]
	hideRefs = refs/pull
[uploadpack]
	allowAnySHA1InWant = true
[core]
	hooksPath = ${JSON.stringify(hooks)}
`;
}

export interface CommitPeople {
  author: Person;
  committer: Person;
}

function identity({ author, committer }: CommitPeople): object {
  return {
    GIT_AUTHOR_NAME: author.name,
    GIT_AUTHOR_EMAIL: author.email,
    GIT_AUTHOR_DATE: gitDate(author.date),
    GIT_COMMITTER_NAME: committer.name,
    GIT_COMMITTER_EMAIL: committer.email,
    GIT_COMMITTER_DATE: gitDate(committer.date),
  };
}

/** Git's raw date: seconds and an offset. Small numbers need the `@`. */
function gitDate(milliseconds: number): string {
  return `@${Math.floor(milliseconds / 1000)} +0000`;
}

function readCommit(fields: readonly string[]): Commit {
  const [sha, tree, parents, authorName, authorEmail, authored, name, email, committed, message] = fields as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  return {
    sha,
    tree,
    parents: parents.split(' ').filter(Boolean),
    author: { name: authorName, email: authorEmail, date: Number(authored) * 1000 },
    committer: { name, email, date: Number(committed) * 1000 },
    message: message.replace(/\n$/, ''),
  };
}

function readTreeEntry(line: string): TreeEntry {
  const tab = line.indexOf('\t');
  const [mode = '', type = 'blob', sha = '', size = '-'] = line.slice(0, tab).split(/ +/);
  return {
    path: line.slice(tab + 1),
    mode,
    type: type as TreeEntry['type'],
    sha,
    size: size === '-' ? null : Number(size),
  };
}
