import type { Issue } from '../model.ts';
import { findIssue } from '../world.ts';
import { moment, plural, stateBadge, stateOf, who } from './bits.ts';
import { commentForm, commentsOf, conversation, stateForm } from './conversation.ts';
import { type Html, html } from './html.ts';
import { labels } from './labels.ts';
import { crumbs } from './layout.ts';
import { pathOf } from './thread.ts';
import type { Page, RepositoryVisit } from './visit.ts';

/** An issue with what was said on it; the number of a pull request leads there, as on GitHub. */
export function issuePage(visit: RepositoryVisit): Page | string {
  const issue = findIssue(visit.repository, visit.params.number);
  if (issue.pull) return pathOf(visit, issue);
  return {
    title: `${issue.title} · #${issue.number}`,
    says: `${stateOf(issue)}, ${newest(visit, issue)}`,
    main: html`${crumbs(visit.repository, `Issue #${issue.number}`)}
<h1>${issue.title} <span class="muted">#${issue.number}</span></h1>
<p id="state" data-live class="row">${stateBadge(issue)} <span class="muted">${who(issue.user)} opened this on ${moment(issue.createdAt)}</span></p>
${labels(visit, issue)}
${conversation(visit, issue)}
${commentForm(visit, issue)}
<div id="actions" data-live class="row">${stateForm(visit, issue)}</div>`,
  };
}

/** How much was said, and the heading of the last comment, which tells where a task stands. */
export function newest(visit: RepositoryVisit, issue: Issue): string {
  const comments = commentsOf(visit, issue);
  const heading = /^#+ (.+)$/m.exec(comments.at(-1)?.body ?? '')?.[1];
  return `${plural(comments.length, 'comment')}${heading ? `, last: ${heading}` : ''}`;
}

/** One line of a list of issues or pull requests. */
export function issueLine(visit: RepositoryVisit, issue: Issue): Html {
  const said = commentsOf(visit, issue).length;
  return html`<li>${stateBadge(issue)} <span><a href="${pathOf(visit, issue)}">${issue.title}</a>
<span class="muted">#${issue.number} by ${issue.user.login}${said > 0 && ` · ${plural(said, 'comment')}`}</span></span></li>`;
}
