import { readFileSync } from 'node:fs';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { GitHubError, notFound } from '../http/errors.ts';
import type { Simulator } from '../simulator.ts';
import { findRepository } from '../world.ts';
import { postCheck } from './checks.ts';
import { commitPage, runPage } from './commit-page.ts';
import { deliveriesPage, postRedelivery } from './deliveries-page.ts';
import { filesPage } from './files-page.ts';
import { actingUser, HEADERS, isOwn, peopleOf, rememberUser } from './guard.ts';
import { helpPage } from './help-page.ts';
import { html } from './html.ts';
import { issuePage } from './issue-page.ts';
import { layout } from './layout.ts';
import { postMerge, postReady, pullPage } from './pull-page.ts';
import { postIssue, repositoriesPage, repositoryPage } from './repository-page.ts';
import { postComment, postLabel, postState } from './thread.ts';
import { atRepository, back, field, type Page, type RepositoryVisit, type Visit } from './visit.ts';
import { postCancel, postRerun, workflowRunPage, workflowRunsPage } from './workflow-pages.ts';

/** A page, or the path where it is. */
type Shown = Page | string;

const REPOSITORY_PAGES: Record<string, (visit: RepositoryVisit) => Shown | Promise<Shown>> = {
  '': repositoryPage,
  '/issues': ({ name }) => `/${name}#issues`,
  '/pulls': ({ name }) => `/${name}#pull-requests`,
  '/issues/:number': issuePage,
  '/pull/:number': pullPage,
  '/commit/:sha': commitPage,
  '/runs/:run': runPage,
  '/actions': workflowRunsPage,
  '/actions/runs/:id': workflowRunPage,
  '/blob/:sha/*': filesPage,
};

/** Each gives the path that the browser goes on to. */
const REPOSITORY_FORMS: Record<string, (visit: RepositoryVisit) => Promise<string>> = {
  '/issues': postIssue,
  '/issues/:number/comments': postComment,
  '/issues/:number/labels': postLabel,
  '/issues/:number/state': postState,
  '/pull/:number/merge': postMerge,
  '/pull/:number/ready': postReady,
  '/checks/:run': postCheck,
  '/actions/runs/:id/cancel': postCancel,
  '/actions/runs/:id/rerun': postRerun,
};

/** Pages for people on the simulated GitHub: `startSimulator({ extend: addPages })`. They work without JavaScript. */
export function addPages(server: FastifyInstance, simulator: Simulator): void {
  server.register(async scope => {
    scope.addHook('onRequest', guard);
    scope.setErrorHandler((error, request, reply) => refuse(visitOf(simulator, request), error, reply));
    addAssets(scope);
    const get = (path: string, page: (visit: Visit) => Shown | Promise<Shown>) =>
      scope.get(path, async (request, reply) => {
        const visit = visitOf(simulator, request);
        const shown = await page(visit);
        return typeof shown === 'string' ? reply.redirect(shown) : send(visit, shown, reply);
      });
    const post = (path: string, act: (visit: Visit, reply: FastifyReply) => string | Promise<string>) =>
      scope.post(path, async (request, reply) =>
        reply.redirect(await act(visitOf(simulator, request), reply), 303),
      );
    get('/', repositoriesPage);
    get('/help', helpPage);
    get('/deliveries', deliveriesPage);
    post('/deliveries/:id', postRedelivery);
    post('/act-as', postActAs);
    for (const [path, page] of Object.entries(REPOSITORY_PAGES))
      get(`/:owner/:repo${path}`, visit => page(atRepository(visit)));
    for (const [path, act] of Object.entries(REPOSITORY_FORMS))
      post(`/:owner/:repo${path}`, visit => act(atRepository(visit)));
  });
}

async function guard(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  reply.headers(HEADERS);
  if (request.method === 'POST' && !isOwn(request))
    throw new GitHubError(403, 'Forms are taken from these pages only.');
}

function visitOf(simulator: Simulator, request: FastifyRequest): Visit {
  const { world } = simulator;
  const form = new URLSearchParams(typeof request.body === 'string' ? request.body : '');
  const params = request.params as Record<string, string>;
  return { simulator, world, user: actingUser(world, request), path: request.url, params, form };
}

const ASSETS = { 'pages.css': 'text/css', 'live.js': 'text/javascript', 'mark.svg': 'image/svg+xml' };

function addAssets(scope: FastifyInstance): void {
  for (const [name, type] of Object.entries(ASSETS)) {
    const content = readFileSync(new URL(name, import.meta.url), 'utf8');
    scope.get(`/-/${name}`, (_request, reply) => reply.type(`${type}; charset=utf-8`).send(content));
  }
}

function send(visit: Visit, page: Page, reply: FastifyReply): FastifyReply {
  const { owner = '', repo = '' } = visit.params;
  return reply
    .type('text/html; charset=utf-8')
    .send(layout(visit, page, findRepository(visit.world, owner, repo)));
}

function refuse(visit: Visit, error: unknown, reply: FastifyReply): FastifyReply {
  if (!(error instanceof GitHubError)) throw error;
  const why = error.errors?.map(({ message }) => message).join(', ') || error.message;
  const hint =
    error.status === 404 && html`<p>There is no such page, or ${visit.user.login} may not see it.</p>`;
  const main = html`<h1>${why}</h1>${hint}<p><a href="/">All repositories</a></p>`;
  return send(visit, { title: why, main }, reply.code(error.status));
}

function postActAs(visit: Visit, reply: FastifyReply): string {
  const user = peopleOf(visit.world).find(({ login }) => login === field(visit, 'user'));
  if (!user) throw notFound();
  rememberUser(reply, user);
  return back(visit);
}
