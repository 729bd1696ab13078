import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { ask, type Io } from './broker-client.ts';
import { ended, git } from './git.ts';

/** The options of `gh pr create`, which `orch pr create` takes too. */
const OPTIONS = {
  title: { type: 'string', short: 't' },
  body: { type: 'string', short: 'b' },
  'body-file': { type: 'string', short: 'F' },
  base: { type: 'string', short: 'B' },
  head: { type: 'string', short: 'H' },
  repo: { type: 'string', short: 'R' },
  draft: { type: 'boolean', short: 'd' },
  fill: { type: 'boolean', short: 'f' },
  'fill-first': { type: 'boolean' },
  'fill-verbose': { type: 'boolean' },
  reviewer: { type: 'string', short: 'r', multiple: true },
  label: { type: 'string', short: 'l', multiple: true },
  assignee: { type: 'string', short: 'a', multiple: true },
  milestone: { type: 'string', short: 'm' },
  project: { type: 'string', short: 'p', multiple: true },
  'no-maintainer-edit': { type: 'boolean' },
} as const;

const LEFT_TO_ORCH = ['reviewer', 'label', 'assignee', 'milestone', 'project'] as const;

/**
 * Pushes HEAD and opens the run's pull request, or brings the open one up to date; prints its address as gh does.
 * Title and body that are not given are made of the commits.
 */
export async function createPullRequest(args: readonly string[], io: Io): Promise<number> {
  const { values } = parseArgs({ args: joinValues(args), options: OPTIONS });
  const { branch, refs } = await ask(io, { kind: 'refs' });
  await checkPlace(values, branch);
  for (const option of LEFT_TO_ORCH) {
    if (values[option] !== undefined) io.warn(`--${option} is ignored: Orch sets it by its own settings.\n`);
  }
  const known = Object.entries(refs).flatMap(([ref, sha]) =>
    ref === `refs/heads/${branch}` ? [] : [`^${sha}`],
  );
  const filled = await fill(branch, known, values);
  const given = values['body-file'] === undefined ? values.body : await readBody(values['body-file'], io);
  await pushHead(branch);
  const pull = await ask(io, {
    kind: 'pull',
    title: values.title || filled.title,
    body: given ?? filled.body,
    base: values.base ?? null,
    draft: values.draft ?? false,
  });
  if (!pull.created) io.warn(`The pull request #${pull.number} was open already.\n`);
  io.print(`${pull.url}\n`);
  return 0;
}

// parseArgs refuses values that begin with a dash, as the lists in bodies do.
function joinValues(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? '';
    const value = args[at + 1];
    const name = Object.entries(OPTIONS).find(
      ([long, option]) =>
        option.type === 'string' &&
        (arg === `--${long}` || ('short' in option && arg === `-${option.short}`)),
    )?.[0];
    if (name === undefined || value === undefined) joined.push(arg);
    else {
      joined.push(`--${name}=${value}`);
      at++;
    }
  }
  return joined;
}

async function checkPlace({ head, repo }: { head?: string; repo?: string }, branch: string): Promise<void> {
  const wanted = head?.replace(/^[^:/]+:/, '');
  if (wanted !== undefined && wanted !== branch) {
    throw new Error(`This run opens its pull request from ${branch} only, not from ${wanted}.`);
  }
  if (repo === undefined) return;
  const origin = await git('remote', 'get-url', 'origin');
  const name = repo
    .replace(/\.git$/, '')
    .split('/')
    .slice(-2)
    .join('/')
    .toLowerCase();
  if (
    !origin
      .toLowerCase()
      .replace(/\.git$/, '')
      .endsWith(`/${name}`)
  ) {
    throw new Error(`This run opens pull requests in its own repository only, not in ${repo}.`);
  }
}

async function readBody(file: string, io: Io): Promise<string> {
  return file === '-' ? text(io.input) : readFile(file, 'utf8');
}

interface FillOptions {
  'fill-first'?: boolean;
  'fill-verbose'?: boolean;
}

// As gh does it: one commit gives both; of several the branch gives the title and their subjects the body.
async function fill(branch: string, known: readonly string[], options: FillOptions) {
  const log = await git('log', '--reverse', '--format=%s%x00%b%x00', 'HEAD', ...known, '--');
  const parts = log.split('\0').map(part => part.trim());
  const commits = parts.flatMap((subject, at) =>
    at % 2 === 0 && subject ? [{ subject, body: parts[at + 1] ?? '' }] : [],
  );
  const [first] = commits;
  if (first === undefined)
    throw new Error('There is nothing to open a pull request for: commit your work first.');
  if (commits.length === 1 || options['fill-first']) return { title: first.subject, body: first.body };
  const items = commits.map(({ subject, body }) =>
    options['fill-verbose'] && body
      ? `- **${subject}**\n\n${body.replace(/^(?=.)/gm, '  ')}\n`
      : `- ${subject}`,
  );
  return { title: titleOf(branch) || first.subject, body: items.join('\n') };
}

/** `orch/T42-fix-the-failing-test` gives `Fix the failing test`. */
function titleOf(branch: string): string {
  const words = branch
    .replace(/^.*\//, '')
    .replace(/^T\d+-?/, '')
    .replace(/[-_]+/g, ' ')
    .trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

async function pushHead(branch: string): Promise<void> {
  const child = spawn('git', ['push', '--quiet', 'origin', `HEAD:refs/heads/${branch}`], {
    stdio: ['ignore', 2, 2],
  });
  await ended(child);
  if (child.exitCode !== 0) throw new Error('The commits could not be pushed, so there is no pull request.');
}
