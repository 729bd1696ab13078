import { notFound } from '../http/errors.ts';
import { plural } from './bits.ts';
import { type Html, html } from './html.ts';
import { crumbs } from './layout.ts';
import type { Page, RepositoryVisit } from './visit.ts';

/** A file or a folder as it was at a commit. */
export async function filesPage(visit: RepositoryVisit): Promise<Page> {
  const { git } = visit.repository;
  const { sha = '', '*': path = '' } = visit.params;
  if (!(await git.exists(sha, 'commit'))) throw notFound();
  const title = path || 'Files';
  const content = path === '' ? await folder(visit, sha, '') : await contentOf(visit, sha, path);
  return {
    title,
    main: html`${crumbs(visit.repository, sha.slice(0, 7))}
<h1>${title}</h1>
${content}`,
  };
}

async function contentOf(visit: RepositoryVisit, sha: string, path: string): Promise<Html> {
  const { git } = visit.repository;
  const entry = await git.entry(sha, path);
  if (entry?.type === 'tree') return folder(visit, sha, `${path}/`);
  if (entry?.type !== 'blob') throw notFound();
  return text(await git.blob(entry.sha));
}

/** The entries of a folder; the root is '', others end with a slash. */
export async function folder(
  { repository, name }: RepositoryVisit,
  sha: string,
  path: string,
): Promise<Html> {
  const entries = await repository.git.tree(`${sha}:${path}`);
  const lines = entries.map(entry => {
    const address = encodeURI(`/${name}/blob/${sha}/${path}${entry.path}`).replace(
      /[?#]/g,
      encodeURIComponent,
    );
    const size = entry.size === null ? 'folder' : plural(entry.size, 'byte');
    return html`<li><a href="${address}">${entry.path}</a> <span class="muted">${size}</span></li>`;
  });
  return html`<ul class="list pairs">${lines}</ul>`;
}

function text(content: Buffer): Html {
  if (content.includes(0))
    return html`<p class="muted">A binary file of ${plural(content.length, 'byte')}.</p>`;
  return html`<pre class="code" tabindex="0" role="region" aria-label="Contents">${content.toString()}</pre>`;
}
