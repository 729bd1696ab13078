import type { Issue } from '../model.ts';
import { hasRole } from '../world.ts';
import { labelChip } from './bits.ts';
import { type Html, html } from './html.ts';
import type { RepositoryVisit } from './visit.ts';

/** The labels of an issue; who sorts issues may change them. */
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
<div id="labels" data-live class="row">${issue.labels.map(
    label => html`<span class="row tight">${labelChip(label)}${remove(label.name)}</span>`,
  )}</div>
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
