import type { Issue, Label, User } from '../model.ts';
import { type Html, html } from './html.ts';

/** A person's sign: the first letter on a colour of their own; bots are square. */
export function avatar(user: User): Html {
  const hue = (user.id * 137) % 360;
  const corner = user.type === 'Bot' ? 7 : 14;
  return html`<svg class="avatar" viewBox="0 0 28 28" width="28" height="28" aria-hidden="true">
<rect width="28" height="28" rx="${corner}" fill="hsl(${hue} 42% 33%)"/>
<text x="14" y="19" text-anchor="middle" fill="#fff">${user.login.charAt(0).toUpperCase()}</text></svg>`;
}

export function moment(milliseconds: number): Html {
  const iso = new Date(milliseconds).toISOString();
  const [day, time] = [iso.slice(0, 10), iso.slice(11, 19)];
  return html`<time datetime="${iso}">${day} ${time} UTC</time>`;
}

export function who(user: User): Html {
  return html`<strong>${user.login}</strong>`;
}

const STATES = {
  open: { sign: '○', word: 'Open' },
  draft: { sign: '◌', word: 'Draft' },
  closed: { sign: '✓', word: 'Closed' },
  merged: { sign: '⇥', word: 'Merged' },
};

export function stateOf(issue: Issue): keyof typeof STATES {
  if (issue.pull?.merged) return 'merged';
  return issue.pull?.draft && issue.state === 'open' ? 'draft' : issue.state;
}

export function stateBadge(issue: Issue): Html {
  const state = stateOf(issue);
  const { sign, word } = STATES[state];
  return html`<span class="state ${state}"><span aria-hidden="true">${sign}</span> ${word}</span>`;
}

export function labelChip({ color, name }: Label): Html {
  return html`<span class="label"><svg viewBox="0 0 8 8" width="8" height="8" aria-hidden="true"><circle cx="4" cy="4" r="4" fill="#${color}"/></svg>${name}</span>`;
}

export function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}
