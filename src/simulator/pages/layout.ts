import type { Repository } from '../model.ts';
import { fullName, roleOf } from '../world.ts';
import { peopleOf } from './guard.ts';
import { type Html, html } from './html.ts';
import type { Page, Visit } from './visit.ts';

/** A whole page around its main part. The script brings the live sections up to date; all works without it. */
export function layout(visit: Visit, page: Page, repository?: Repository): string {
  const { text } = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${page.title} · Simulated GitHub</title>
<link rel="icon" href="/-/mark.svg">
<link rel="stylesheet" href="/-/pages.css">
<script src="/-/live.js" defer></script>
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<header class="top">
<div class="measure bar">
<nav aria-label="Site"><a class="brand" href="/"><img src="/-/mark.svg" alt="" width="22" height="22">Simulated GitHub</a>
<a href="/help">Commands</a>
<a href="/deliveries">Deliveries</a></nav>
${actingAs(visit, repository)}
</div>
</header>
<main id="main" class="measure" tabindex="-1">
${page.main}
</main>
<footer class="measure muted">A stand-in for GitHub on this machine. Nothing here reaches the internet.</footer>
<p id="says" class="hidden" role="status" data-says="${page.says}"></p>
</body>
</html>
`;
  return text;
}

function actingAs(visit: Visit, repository: Repository | undefined): Html {
  const options = peopleOf(visit.world).map(user => {
    const role = repository && roleOf(repository, user);
    const selected = user.id === visit.user.id && html` selected`;
    return html`<option value="${user.login}"${selected}>${user.login}${role && ` (${role})`}</option>`;
  });
  return html`<form class="acting" method="post" action="/act-as">
<input type="hidden" name="back" value="${visit.path}">
<label for="acting">Acting as</label>
<select id="acting" name="user">${options}</select>
<button>Switch</button>
</form>`;
}

/** The way back up, shown over a page's title. */
export function crumbs(repository: Repository, last?: string | Html): Html {
  const name = fullName(repository);
  return html`<nav class="crumbs" aria-label="Breadcrumb"><a href="/${name}">${name}</a>${
    last && html` <span aria-hidden="true">/</span> ${last}`
  }</nav>`;
}
