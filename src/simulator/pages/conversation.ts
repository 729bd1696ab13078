import { createComment } from '../action/comments.ts';
import { addLabels, removeLabel, setState } from '../action/issues.ts';
import { reopenPull } from '../action/pulls.ts';
import { GitHubError } from '../http/errors.ts';
import type { Comment, Issue, Reaction, User } from '../model.ts';
import { findIssue, hasRole, isPull } from '../world.ts';
import { avatar, labelChip, moment, who } from './bits.ts';
import { type Html, html } from './html.ts';
import { markdown } from './markdown.ts';
import { act, demand, field, type RepositoryVisit } from './visit.ts';

const EMOJI: Record<string, string> = {
  '+1': '👍',
  '-1': '👎',
  laugh: '😄',
  confused: '😕',
  heart: '❤️',
  hooray: '🎉',
  rocket: '🚀',
  eyes: '👀',
};

/** What was said on an issue or pull request, its description first. */
export function conversation({ repository, name }: RepositoryVisit, issue: Issue): Html {
  const comments = commentsOf({ repository }, issue);
  return html`<section id="conversation" data-live aria-label="Conversation">
${card(issue, `/${name}`, 'description')}
${comments.map(comment => card(comment, `/${name}`, `issuecomment-${comment.id}`))}
</section>`;
}

export function commentsOf({ repository }: Pick<RepositoryVisit, 'repository'>, issue: Issue): Comment[] {
  return [...repository.comments.values()].filter(({ issueNumber }) => issueNumber === issue.number);
}

interface Said {
  user: User;
  body: string | null;
  reactions: Reaction[];
  createdAt: number;
  updatedAt: number;
}

function card(said: Said, repositoryPath: string, id: string): Html {
  const edited = id !== 'description' && said.updatedAt > said.createdAt && html` · edited ${moment(said.updatedAt)}`;
  return html`<article class="card" id="${id}">
<header>${avatar(said.user)} <span>${who(said.user)}${said.user.type === 'Bot' && html` <span class="tag">bot</span>`}
<a class="muted" href="#${id}">${moment(said.createdAt)}</a><span class="muted">${edited}</span></span></header>
<div class="prose">${said.body ? markdown(said.body, repositoryPath) : html`<p class="muted">No description.</p>`}</div>
${reactions(said.reactions)}
</article>`;
}

function reactions(all: readonly Reaction[]): Html | null {
  const contents = [...new Set(all.map(({ content }) => content))];
  if (contents.length === 0) return null;
  return html`<ul class="reactions" aria-label="Reactions">${contents.map(content => {
    const logins = all.filter(reaction => reaction.content === content).map(({ user }) => user.login);
    return html`<li title="${logins.join(', ')}"><span role="img" aria-label="${content}">${EMOJI[content]}</span> ${logins.length}<span class="hidden"> by ${logins.join(', ')}</span></li>`;
  })}</ul>`;
}

export function labels(visit: RepositoryVisit, issue: Issue): Html {
  const { name, repository } = visit;
  const path = `/${name}/issues/${issue.number}/labels`;
  const sorts = hasRole(repository, visit.user, 'triage');
  const others = [...repository.labels.values()].filter(label => !issue.labels.includes(label));
  const remove = (label: string) =>
    sorts &&
    html`<form method="post" action="${path}"><input type="hidden" name="remove" value="${label}">
<button class="bare" aria-label="Remove label ${label}">×</button></form>`;
  return html`<section class="labels" aria-label="Labels">
<div id="labels" data-live class="row">
${issue.labels.map(label => html`<span class="row tight">${labelChip(label)}${remove(label.name)}</span>`)}
</div>
${
  sorts &&
  html`<form class="row" method="post" action="${path}">
<label class="hidden" for="label">Label to add</label>
<input id="label" name="add" list="known-labels" placeholder="Add a label" maxlength="50" required size="14">
<datalist id="known-labels">${others.map(label => html`<option value="${label.name}">`)}</datalist>
<button>Add</button></form>`
}
</section>`;
}

export function commentForm({ user, name }: RepositoryVisit, issue: Issue): Html {
  return html`<form class="write" method="post" action="/${name}/issues/${issue.number}/comments">
<label for="comment">Write a comment as ${who(user)}</label>
<textarea id="comment" name="body" rows="4" maxlength="65536" required
placeholder="Markdown. A command for the App is a line such as: /orch fix the failing test"></textarea>
<button class="primary">Comment</button>
</form>`;
}

/** Closes and reopens; who wrote it may, and who sorts issues. */
export function stateForm(visit: RepositoryVisit, issue: Issue): Html | null {
  if (!maySetState(visit, issue) || issue.pull?.merged) return null;
  const next = issue.state === 'open' ? 'closed' : 'open';
  const verb = next === 'closed' ? 'Close' : 'Reopen';
  return html`<form method="post" action="/${visit.name}/issues/${issue.number}/state">
<button name="state" value="${next}">${verb} ${issue.pull ? 'pull request' : 'issue'}</button></form>`;
}

function maySetState({ repository, user }: RepositoryVisit, issue: Issue): boolean {
  return issue.user.id === user.id || hasRole(repository, user, 'triage');
}

export async function postComment(visit: RepositoryVisit): Promise<string> {
  const issue = findIssue(visit.repository, visit.params.number);
  // Browsers send CRLF; GitHub keeps what its API was given, and commands are read line by line either way.
  const body = (visit.form.get('body') ?? '').replaceAll('\r\n', '\n');
  const comment = await act(visit, deed => createComment(deed, issue, body));
  return `${pathOf(visit, issue)}#issuecomment-${comment.id}`;
}

export async function postLabel(visit: RepositoryVisit): Promise<string> {
  demand(visit, 'triage');
  const issue = findIssue(visit.repository, visit.params.number);
  const [add, remove] = [field(visit, 'add'), field(visit, 'remove')];
  await act(visit, deed => {
    if (add) addLabels(deed, issue, [add]);
    if (remove) removeLabel(deed, issue, remove);
  });
  return pathOf(visit, issue);
}

export async function postState(visit: RepositoryVisit): Promise<string> {
  const issue = findIssue(visit.repository, visit.params.number);
  if (!maySetState(visit, issue)) demand(visit, 'triage');
  const state = field(visit, 'state');
  if (state !== 'open' && state !== 'closed') throw new GitHubError(422, 'State must be open or closed.');
  await act(visit, deed =>
    state === 'open' && isPull(issue) ? reopenPull(deed, issue) : setState(deed, issue, state),
  );
  return pathOf(visit, issue);
}

export function pathOf({ name }: RepositoryVisit, issue: Issue): string {
  return `/${name}/${issue.pull ? 'pull' : 'issues'}/${issue.number}`;
}
