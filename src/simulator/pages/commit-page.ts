import { diffFiles } from '../git/diff.ts';
import { notFound } from '../http/errors.ts';
import { moment } from './bits.ts';
import { checks, checksOf, outcome } from './checks.ts';
import { diff } from './diff.ts';
import { html } from './html.ts';
import { crumbs } from './layout.ts';
import type { Page, RepositoryVisit } from './visit.ts';

const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

/** A commit with its checks and what it changed. */
export async function commitPage(visit: RepositoryVisit): Promise<Page> {
  const { git } = visit.repository;
  const { sha = '' } = visit.params;
  if (!(await git.exists(sha, 'commit'))) throw notFound();
  const { message, author, parents } = await git.commit(sha);
  const [title = '', ...rest] = message.split('\n');
  const files = await diffFiles(git, parents[0] ?? EMPTY_TREE, sha);
  return {
    title,
    says: checksOf(visit, sha)
      .map(run => `${run.name} ${outcome(run)}`)
      .join(', '),
    main: html`${crumbs(visit.repository, sha.slice(0, 7))}
<h1>${title}</h1>
<p class="muted"><strong>${author.name}</strong> on ${moment(author.date)} · <code>${sha}</code></p>
${rest.some(Boolean) && html`<pre class="message">${rest.join('\n').trim()}</pre>`}
<p><a href="/${visit.name}/blob/${sha}/">Files at this commit</a></p>
<section id="checks" data-live aria-labelledby="checks-title"><h2 id="checks-title">Checks</h2>${checks(visit, sha)}</section>
<section aria-labelledby="changes-title"><h2 id="changes-title">Changes</h2>${diff(files)}</section>`,
  };
}

/** A check run has its place on the page of its commit. */
export function runPage({ repository, params, name }: RepositoryVisit): string {
  const run = repository.checkRuns.get(Number(params.run));
  if (!run) throw notFound();
  return `/${name}/commit/${run.headSha}#check-${run.id}`;
}
