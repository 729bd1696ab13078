import { GitHubError } from '../http/errors.ts';
import type { Issue, Repository } from '../model.ts';
import { fullName, hasRole, isPull } from '../world.ts';
import { plural } from './bits.ts';
import { folder } from './files-page.ts';
import { type Html, html } from './html.ts';
import { issueLine } from './issue-page.ts';
import { pathOf } from './thread.ts';
import { field, type Page, type RepositoryVisit, type Visit } from './visit.ts';

export function repositoriesPage({ world, user }: Visit): Page {
  const seen = [...world.repositories.values()].filter(one => hasRole(one, user, 'read'));
  return {
    title: 'Repositories',
    main: html`<h1>Repositories</h1>
<p class="muted">Choose in the header whom you act as. These are the ones that ${user.login} may see.</p>
<ul id="repositories" data-live class="list">${seen.map(line)}</ul>`,
  };
}

function line(repository: Repository): Html {
  const open = [...repository.issues.values()].filter(({ state }) => state === 'open');
  const pulls = open.filter(isPull).length;
  const counts = `${plural(open.length - pulls, 'open issue')}, ${plural(pulls, 'open pull request')}`;
  return html`<li><span><a href="/${fullName(repository)}">${fullName(repository)}</a> ${kind(repository)}
<span class="muted">${repository.description && `${repository.description} · `}${counts}</span></span></li>`;
}

function kind({ archived, private: hidden }: Repository): Html {
  return html`<span class="tag">${archived ? 'archived' : hidden ? 'private' : 'public'}</span>`;
}

/** Files of the default branch, branches, issues, pull requests, and a form for a new issue. */
export async function repositoryPage(visit: RepositoryVisit): Promise<Page> {
  const { repository, name, world } = visit;
  const head = await repository.git.resolve(repository.defaultBranch);
  const newestFirst = [...repository.issues.values()].reverse();
  const [issues, pulls] = [newestFirst.filter(one => !isPull(one)), newestFirst.filter(isPull)];
  return {
    title: name,
    main: html`<h1>${name} ${kind(repository)}</h1>
${repository.description && html`<p>${repository.description}</p>`}
<p class="muted">Clone it: <code>git clone ${world.url}/${name}.git</code> · <a href="/${name}/actions">Workflow runs</a></p>
${newIssue(visit)}
<section id="lists" data-live aria-label="Issues and pull requests">
${list(visit, 'Issues', issues)}
${list(visit, 'Pull requests', pulls)}
</section>
<section id="code" data-live aria-label="Code">
<h2>Files on ${repository.defaultBranch}</h2>
${head ? await folder(visit, head, '') : html`<p class="muted">The repository is empty.</p>`}
${await branches(visit)}
</section>`,
  };
}

function list(visit: RepositoryVisit, title: string, issues: readonly Issue[]): Html {
  const id = title.toLowerCase().replace(' ', '-');
  return html`<h2 id="${id}">${title}</h2>
${
  issues.length === 0
    ? html`<p class="muted">None yet.</p>`
    : html`<ul class="list" aria-labelledby="${id}">${issues.map(issue => issueLine(visit, issue))}</ul>`
}`;
}

function newIssue({ name, user }: RepositoryVisit): Html {
  return html`<details class="new"><summary>New issue</summary>
<form class="write" method="post" action="/${name}/issues">
<label for="title">Title</label>
<input id="title" name="title" maxlength="256" required>
<label for="body">Description</label>
<textarea id="body" name="body" rows="4" maxlength="65536" placeholder="Markdown"></textarea>
<button class="primary">Open issue as ${user.login}</button>
</form></details>`;
}

async function branches({ repository, name }: RepositoryVisit): Promise<Html> {
  const refs = [...(await repository.git.refs('refs/heads/'))];
  const line = ([ref, sha]: [string, string]) => {
    const branch = ref.slice('refs/heads/'.length);
    const tag = branch === repository.defaultBranch && html` <span class="tag">default</span>`;
    return html`<li><span>${branch}${tag}</span> <a href="/${name}/commit/${sha}"><code>${sha.slice(0, 7)}</code></a></li>`;
  };
  return html`<h2>Branches</h2><ul class="list pairs">${refs.map(line)}</ul>`;
}

export async function postIssue(visit: RepositoryVisit): Promise<string> {
  const title = field(visit, 'title');
  if (!title) throw new GitHubError(422, 'An issue needs a title.');
  const body = (visit.form.get('body') ?? '').replaceAll('\r\n', '\n');
  const issue = await visit.simulator.openIssue(visit.name, { title, body, user: visit.user.login });
  return pathOf(visit, issue);
}
