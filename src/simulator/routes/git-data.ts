import { z } from 'zod';
import { personOf } from '../action/people.ts';
import { movingRefs, refuseProtected } from '../action/refs.ts';
import type { Person } from '../git/repository.ts';
import { GitHubError, notFound } from '../http/errors.ts';
import { paged } from '../http/page.ts';
import {
  type Answer,
  created,
  NO_CONTENT,
  ok,
  onRepository,
  parse,
  type RepositoryCall,
  type Route,
} from '../http/route.ts';
import { shapeGitCommit, shapeRef, shapeTreeEntry } from '../shape/git.ts';
import { apiUrl } from '../shape/repository.ts';
import { refuseArchived } from '../world.ts';

export const gitDataRoutes: readonly Route[] = [
  onRepository('GET', '/git/ref/*', 'contents:read', filled(getRef)),
  onRepository('GET', '/git/matching-refs/*', 'contents:read', filled(matchingRefs)),
  onRepository('POST', '/git/refs', 'contents:write', filled(createRef)),
  onRepository('PATCH', '/git/refs/*', 'contents:write', filled(updateRef)),
  onRepository('DELETE', '/git/refs/*', 'contents:write', filled(deleteRef)),
  onRepository('GET', '/git/commits/:sha', 'contents:read', filled(getCommit)),
  onRepository('POST', '/git/commits', 'contents:write', filled(createCommit)),
  onRepository('GET', '/git/trees/:sha', 'contents:read', filled(getTree)),
  onRepository('POST', '/git/trees', 'contents:write', filled(createTree)),
  onRepository('GET', '/git/blobs/:sha', 'contents:read', filled(getBlob)),
  onRepository('POST', '/git/blobs', 'contents:write', filled(createBlob)),
];

/** Without a first commit there is no git data, and GitHub says so. */
function filled(handle: (call: RepositoryCall) => Promise<Answer>) {
  return async (call: RepositoryCall): Promise<Answer> => {
    if (call.method !== 'GET') refuseArchived(call.repository);
    if ((await call.repository.git.refs()).size === 0) throw new GitHubError(409, 'Git Repository is empty.');
    return handle(call);
  };
}

function named(call: RepositoryCall): string {
  return `refs/${call.params['*']}`;
}

async function existing(call: RepositoryCall, status = 404): Promise<{ ref: string; sha: string }> {
  const ref = named(call);
  const sha = (await call.repository.git.refs(ref)).get(ref);
  if (sha) return { ref, sha };
  throw status === 404 ? notFound() : new GitHubError(422, 'Reference does not exist');
}

function shape(call: RepositoryCall, ref: string, sha: string) {
  return shapeRef(call.world, call.repository, ref, sha);
}

async function getRef(call: RepositoryCall): Promise<Answer> {
  const { ref, sha } = await existing(call);
  return ok(shape(call, ref, sha));
}

async function matchingRefs(call: RepositoryCall): Promise<Answer> {
  const refs = [...(await call.repository.git.refs())].filter(([ref]) => ref.startsWith(named(call)));
  return paged(call, refs, ([ref, sha]) => shape(call, ref, sha));
}

const newRef = z.object({ ref: z.string().regex(/^refs\/[^/]+\/.+/), sha: z.string() });

async function createRef(call: RepositoryCall): Promise<Answer> {
  const { ref, sha } = parse(newRef, call.body);
  const { git } = call.repository;
  if ((await git.refs(ref)).has(ref)) throw new GitHubError(422, 'Reference already exists');
  if (!(await git.exists(sha, 'commit'))) throw new GitHubError(422, 'Object does not exist');
  if ((await git.try(['check-ref-format', ref])).exitCode !== 0 || ref.startsWith('refs/pull/')) {
    throw new GitHubError(422, `${ref} is not a valid ref name.`);
  }
  await movingRefs(call, () => git.setRef(ref, sha));
  return created(shape(call, ref, sha));
}

async function updateRef(call: RepositoryCall): Promise<Answer> {
  const { sha, force } = parse(z.object({ sha: z.string(), force: z.boolean().default(false) }), call.body);
  const { ref, sha: old } = await existing(call, 422);
  const { git } = call.repository;
  refuseProtected(call, ref.replace(/^refs\/heads\//, ''));
  if (!(await git.exists(sha, 'commit'))) throw new GitHubError(422, 'Object does not exist');
  if (!force && !(await git.isAncestor(old, sha))) throw new GitHubError(422, 'Update is not a fast forward');
  await movingRefs(call, () => git.setRef(ref, sha));
  return ok(shape(call, ref, sha));
}

async function deleteRef(call: RepositoryCall): Promise<Answer> {
  const { ref } = await existing(call, 422);
  refuseProtected(call, ref.replace(/^refs\/heads\//, ''));
  await movingRefs(call, () => call.repository.git.setRef(ref, null));
  return NO_CONTENT;
}

async function getCommit(call: RepositoryCall): Promise<Answer> {
  const { git } = call.repository;
  const sha = call.params.sha ?? '';
  if (!(await git.exists(sha, 'commit'))) throw notFound();
  return ok(shapeGitCommit(call.world, call.repository, await git.commit(sha)));
}

const person = z.object({ name: z.string(), email: z.string(), date: z.string().optional() });
const newCommit = z.object({
  message: z.string(),
  tree: z.string(),
  parents: z.array(z.string()).default([]),
  author: person.optional(),
  committer: person.optional(),
});

async function createCommit(call: RepositoryCall): Promise<Answer> {
  const input = parse(newCommit, call.body);
  const { git } = call.repository;
  if (!(await git.exists(input.tree, 'tree'))) throw new GitHubError(422, 'Tree SHA does not exist');
  for (const parent of input.parents) {
    if (!(await git.exists(parent, 'commit')))
      throw new GitHubError(422, 'Parent SHA does not exist or is not a commit object');
  }
  const author = personGiven(call, input.author);
  const committer = input.committer ? personGiven(call, input.committer) : author;
  const sha = await git.commitTree(input.tree, input.parents, input.message, { author, committer });
  return created(shapeGitCommit(call.world, call.repository, await git.commit(sha)));
}

function personGiven({ world, actor }: RepositoryCall, given: z.infer<typeof person> | undefined): Person {
  const now = world.clock.now();
  if (!given) return personOf(actor.user, now);
  return { name: given.name, email: given.email, date: given.date ? Date.parse(given.date) : now };
}

async function getTree(call: RepositoryCall): Promise<Answer> {
  const { git } = call.repository;
  const wanted = call.params.sha ?? '';
  const commit = await git.resolve(wanted);
  const sha = commit ? (await git.commit(commit)).tree : wanted;
  if (!(await git.exists(sha, 'tree'))) throw notFound();
  const entries = await git.tree(sha, call.query.recursive !== undefined);
  return ok(shapeTree(call, sha, entries));
}

function shapeTree(call: RepositoryCall, sha: string, entries: Parameters<typeof shapeTreeEntry>[2][]) {
  const tree = entries.map(entry => shapeTreeEntry(call.world, call.repository, entry));
  return { sha, url: `${apiUrl(call.world, call.repository)}/git/trees/${sha}`, tree, truncated: false };
}

const newTree = z.object({
  base_tree: z.string().optional(),
  tree: z.array(
    z.object({
      path: z.string(),
      mode: z.enum(['100644', '100755', '040000', '160000', '120000']).default('100644'),
      type: z.enum(['blob', 'tree', 'commit']).optional(),
      sha: z.string().nullish(),
      content: z.string().optional(),
    }),
  ),
});

async function createTree(call: RepositoryCall): Promise<Answer> {
  const input = parse(newTree, call.body);
  const { git } = call.repository;
  const index = `${git.path}/index-${call.world.newId()}`;
  const env = { GIT_INDEX_FILE: index };
  await git.run(input.base_tree ? ['read-tree', input.base_tree] : ['read-tree', '--empty'], { env });
  const lines: string[] = [];
  for (const { path, mode, sha, content } of input.tree) {
    const blob = content === undefined ? sha : await writeBlob(call, content);
    lines.push(blob ? `${mode} ${blob}\t${path}\0` : `0 ${'0'.repeat(40)}\t${path}\0`);
  }
  await git.run(['update-index', '-z', '--index-info'], { env, input: lines.join('') });
  const sha = (await git.run(['write-tree'], { env })).trim();
  await git.discard(index);
  return created(shapeTree(call, sha, await git.tree(sha)));
}

function writeBlob(call: RepositoryCall, content: string | Uint8Array): Promise<string> {
  return call.repository.git.run(['hash-object', '-w', '--stdin'], { input: content });
}

async function getBlob(call: RepositoryCall): Promise<Answer> {
  const { git } = call.repository;
  const sha = call.params.sha ?? '';
  if (!(await git.exists(sha, 'blob'))) throw notFound();
  const content = await git.blob(sha);
  const url = `${apiUrl(call.world, call.repository)}/git/blobs/${sha}`;
  return ok({
    sha,
    node_id: sha,
    size: content.length,
    url,
    content: content.toString('base64'),
    encoding: 'base64',
  });
}

const newBlob = z.object({ content: z.string(), encoding: z.enum(['utf-8', 'base64']).default('utf-8') });

async function createBlob(call: RepositoryCall): Promise<Answer> {
  const { content, encoding } = parse(newBlob, call.body);
  const sha = await writeBlob(call, Buffer.from(content, encoding));
  return created({ sha, url: `${apiUrl(call.world, call.repository)}/git/blobs/${sha}` });
}
