import type { Comment, Issue, Reaction, User } from '../model.ts';
import { avatar, moment, who } from './bits.ts';
import { type Html, html } from './html.ts';
import { markdown } from './markdown.ts';
import { maySetState } from './thread.ts';
import type { RepositoryVisit } from './visit.ts';

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
  const edited =
    id !== 'description' && said.updatedAt > said.createdAt && html` · edited ${moment(said.updatedAt)}`;
  return html`<article class="card" id="${id}">
<header class="said">${avatar(said.user)} <span>${who(said.user)}${said.user.type === 'Bot' && html` <span class="tag">bot</span>`}
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
