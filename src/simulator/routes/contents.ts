import { z } from 'zod';
import { personOf } from '../action/people.ts';
import { movingRefs, refuseProtected } from '../action/refs.ts';
import { importCommit } from '../git/import.ts';
import type { TreeEntry } from '../git/repository.ts';
import { GitHubError, notFound } from '../http/errors.ts';
import { type Answer, ok, onRepository, parse, type RepositoryCall, type Route } from '../http/route.ts';
import { shapeEntry, shapeGitCommit } from '../shape/git.ts';
import { refuseArchived } from '../world.ts';

export const contentRoutes: readonly Route[] = [
  onRepository('GET', '/contents', 'contents:read', get),
  onRepository('GET', '/contents/*', 'contents:read', get),
  onRepository('PUT', '/contents/*', 'contents:write', put),
  onRepository('DELETE', '/contents/*', 'contents:write', remove),
];

async function get(call: RepositoryCall): Promise<Answer> {
  const { git, defaultBranch } = call.repository;
  const ref = call.query.ref ?? defaultBranch;
  const path = (call.params['*'] ?? '').replace(/^\/+|\/+$/g, '');
  const { commit, isThere } = await git.look(ref, path);
  if (!commit && (await git.refs()).size === 0) throw new GitHubError(404, 'This repository is empty.');
  if (!commit) throw new GitHubError(404, `No commit found for the ref ${ref}`);
  if (!isThere) throw notFound();
  const entry = path === '' ? null : await git.entry(commit, path);
  if (!entry || entry.type === 'tree') return folder(call, commit, path, ref);
  const content = await git.blob(entry.sha);
  if (call.accept.includes('raw')) return { status: 200, text: content };
  const encoded = `${content.toString('base64').replace(/.{60}/g, '$&\n')}\n`;
  return ok({ ...shape(call, entry, ref), content: encoded, encoding: 'base64' });
}

async function folder(call: RepositoryCall, commit: string, path: string, ref: string): Promise<Answer> {
  const entries = await call.repository.git.tree(`${commit}:${path}`);
  const prefix = path === '' ? '' : `${path}/`;
  return ok(entries.map(entry => shape(call, { ...entry, path: prefix + entry.path }, ref)));
}

function shape(call: RepositoryCall, entry: TreeEntry, ref: string) {
  return shapeEntry(call.world, call.repository, entry, ref);
}

const person = z.object({ name: z.string(), email: z.string(), date: z.string().optional() });
const change = z.object({
  message: z.string(),
  sha: z.string().optional(),
  branch: z.string().optional(),
  author: person.optional(),
  committer: person.optional(),
});

async function put(call: RepositoryCall): Promise<Answer> {
  const input = parse(change.extend({ content: z.string() }), call.body);
  const { path, branch, parent, old } = await target(call, input);
  if (old && input.sha === undefined)
    throw new GitHubError(422, 'Invalid request.\n\n"sha" wasn\'t supplied.');
  const sha = await write(call, branch, parent, { [path]: Buffer.from(input.content, 'base64') }, input);
  const entry = await call.repository.git.entry(sha, path);
  if (!entry) throw new Error(`${path} is not in the commit just made`);
  return {
    status: old ? 200 : 201,
    body: { content: shape(call, entry, branch), commit: await shapeMade(call, sha) },
  };
}

async function remove(call: RepositoryCall): Promise<Answer> {
  const input = parse(change.extend({ sha: z.string() }), call.body);
  const { path, branch, parent, old } = await target(call, input);
  if (!old) throw notFound();
  const sha = await write(call, branch, parent, { [path]: null }, input);
  return ok({ content: null, commit: await shapeMade(call, sha) });
}

/** Where a change goes, refused when the caller saw an older file than the one that is there. */
async function target(call: RepositoryCall, input: z.infer<typeof change>) {
  refuseArchived(call.repository);
  const { git, defaultBranch } = call.repository;
  const path = call.params['*'] ?? '';
  const branch = input.branch ?? defaultBranch;
  refuseProtected(call, branch);
  const parent = (await git.refs(`refs/heads/${branch}`)).get(`refs/heads/${branch}`) ?? null;
  if (!parent && input.branch) throw new GitHubError(404, `Branch ${branch} not found`);
  const old = parent ? await git.entry(parent, path) : null;
  if (input.sha !== undefined && input.sha !== old?.sha)
    throw new GitHubError(409, `${path} does not match ${input.sha}`);
  return { path, branch, parent, old };
}

async function write(
  call: RepositoryCall,
  branch: string,
  parent: string | null,
  files: Record<string, Uint8Array | null>,
  input: z.infer<typeof change>,
): Promise<string> {
  const date = call.world.clock.now();
  const given = input.author ?? input.committer;
  const author = given ? { name: given.name, email: given.email, date } : personOf(call.actor.user, date);
  const commit = { branch, parent, files, message: input.message, author };
  return movingRefs(call, () => importCommit(call.repository.git, commit));
}

async function shapeMade(call: RepositoryCall, sha: string) {
  return shapeGitCommit(call.world, call.repository, await call.repository.git.commit(sha));
}
