import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { ask, type Io } from './broker-client.ts';
import { fill } from './fill.ts';
import { git } from './git.ts';

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
  await checkPlace(values, branch, io);
  for (const option of LEFT_TO_ORCH) {
    if (values[option] !== undefined) io.warn(`--${option} is ignored: Orch sets it by its own settings.\n`);
  }
  const others = Object.entries(refs).filter(([ref]) => ref !== `refs/heads/${branch}`);
  const filled = await fill(io, { branch, without: others.map(([, sha]) => sha), ...values });
  const given = values['body-file'] === undefined ? values.body : await readBody(values['body-file'], io);
  await pushHead(branch, io);
  const pull = await ask(io, {
    kind: 'pull',
    title: values.title || filled.title,
    body: given ?? filled.body,
    base: values.base ?? null,
    draft: values.draft ?? false,
  });
  if (!pull.created) io.warn(`The pull request #${pull.number} was open already.\n`);
  io.print(`${pull.url ?? `The pull request is open: ${branch}`}\n`);
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

async function checkPlace(
  { head, repo }: { head?: string; repo?: string },
  branch: string,
  io: Io,
): Promise<void> {
  const wanted = head?.replace(/^[^:/]+:/, '');
  if (wanted !== undefined && wanted !== branch) {
    throw new Error(`This run opens its pull request from ${branch} only, not from ${wanted}.`);
  }
  if (repo === undefined) return;
  const origin = await git(io, 'remote', 'get-url', 'origin');
  if (nameOf(origin) !== nameOf(repo)) {
    throw new Error(`This run opens pull requests in its own repository only, not in ${repo}.`);
  }
}

/** `owner/name` of an address, or of `[host/]owner/name` as gh takes it. */
function nameOf(repository: string): string {
  const parts = repository
    .toLowerCase()
    .replace(/\.git$/, '')
    .split('/');
  return parts.slice(-2).join('/');
}

async function readBody(file: string, io: Io): Promise<string> {
  return file === '-' ? text(io.input) : readFile(resolve(io.cwd, file), 'utf8');
}

async function pushHead(branch: string, io: Io): Promise<void> {
  await git(io, 'push', '--quiet', 'origin', `HEAD:refs/heads/${branch}`).catch(error => {
    throw new Error(`${error.message}\nThe commits could not be pushed, so there is no pull request.`);
  });
}
