import { setDraft } from '../action/pulls.ts';
import { diffFiles, type FileDiff } from '../git/diff.ts';
import type { Commit } from '../git/repository.ts';
import type { PullRequest } from '../model.ts';
import { findPull, hasRole } from '../world.ts';
import { moment, plural, stateBadge, stateOf, who } from './bits.ts';
import { badge, checks, checksOf, outcome } from './checks.ts';
import { commentForm, conversation, stateForm } from './conversation.ts';
import { diff } from './diff.ts';
import { type Html, html } from './html.ts';
import { newest } from './issue-page.ts';
import { labels } from './labels.ts';
import { crumbs } from './layout.ts';
import { pathOf } from './thread.ts';
import { act, demand, type Page, type RepositoryVisit } from './visit.ts';

/** A pull request: what was said, its checks, commits and changes, and the way to merge it. */
export async function pullPage(visit: RepositoryVisit): Promise<Page> {
  const pull = findPull(visit.repository, visit.params.number);
  const { head, base, requestedReviewers } = pull.pull;
  const { commits, files } = await changesOf(visit, pull);
  const runs = checksOf(visit, head.sha).map(run => `${run.name} ${outcome(run)}`);
  return {
    title: `${pull.title} · #${pull.number}`,
    says: [stateOf(pull), newest(visit, pull), ...runs].join(', '),
    main: html`${crumbs(visit.repository, `Pull request #${pull.number}`)}
<h1>${pull.title} <span class="muted">#${pull.number}</span></h1>
<div id="state" data-live>
<p class="row">${stateBadge(pull)} <span class="muted">${who(pull.user)} wants to merge ${plural(commits.length, 'commit')}
into <code>${base.ref}</code> from <code>${head.ref}</code></span></p>
${requestedReviewers.length > 0 && html`<p class="muted">Review asked of ${requestedReviewers.map(({ login }) => login).join(', ')}</p>`}
</div>
${labels(visit, pull)}
${conversation(visit, pull)}
<section id="checks" data-live aria-labelledby="checks-title"><h2 id="checks-title">Checks</h2>${checks(visit, head.sha)}</section>
<section id="merging" data-live aria-label="Merging" class="card">${merging(visit, pull)}</section>
${commentForm(visit, pull)}
<section id="changes" data-live aria-labelledby="changes-title"><h2 id="changes-title">Changes</h2>
${commitList(visit, commits)}
${diff(files)}</section>`,
  };
}

interface Changes {
  commits: Commit[];
  files: FileDiff[];
}

const known = new WeakMap<PullRequest, { ends: string; changes: Promise<Changes> }>();

/** Read from git once for each head and base: the page is asked for every other second. */
function changesOf({ repository: { git } }: RepositoryVisit, pull: PullRequest): Promise<Changes> {
  const { head, base } = pull.pull;
  const ends = `${base.sha}..${head.sha}`;
  const last = known.get(pull);
  if (last?.ends === ends) return last.changes;
  const read = async () => {
    const fork = (await git.mergeBase(base.sha, head.sha)) ?? base.sha;
    const commits = await git.commits([head.sha, `^${base.sha}`], ['--reverse']);
    return { commits, files: await diffFiles(git, fork, head.sha) };
  };
  const changes = read();
  known.set(pull, { ends, changes });
  return changes;
}

function commitList(visit: RepositoryVisit, commits: readonly Commit[]): Html {
  const line = ({
    sha,
    message,
    author,
  }: Commit) => html`<li><span><a href="/${visit.name}/commit/${sha}">${message.split('\n', 1)[0]}</a>
<span class="muted">by ${author.name}</span></span> <span class="row tight">${checksOf(visit, sha).slice(0, 1).map(badge)} <code>${sha.slice(0, 7)}</code></span></li>`;
  return html`<ul class="list pairs" aria-label="Commits">${commits.map(line)}</ul>`;
}

function merging(visit: RepositoryVisit, pull: PullRequest): Html {
  const { merged, base, size, draft } = pull.pull;
  if (merged) {
    return html`<p>${who(merged.by)} merged this into <code>${base.ref}</code> on ${moment(merged.at)} as
<a href="/${visit.name}/commit/${merged.sha}"><code>${merged.sha.slice(0, 7)}</code></a>.</p>`;
  }
  const path = pathOf(visit, pull);
  const writes = hasRole(visit.repository, visit.user, 'write');
  const form = (action: string, label: string) =>
    writes &&
    html`<form method="post" action="${path}/${action}"><button class="primary">${label}</button></form>`;
  const [sentence, button] =
    pull.state === 'closed'
      ? ['Closed without merging.', null]
      : draft
        ? ['A draft can’t be merged yet.', form('ready', 'Ready for review')]
        : size.mergeable
          ? [`No conflicts with ${base.ref}.`, form('merge', 'Merge pull request')]
          : [`Conflicts with ${base.ref} have to be resolved first.`, null];
  return html`<p>${sentence}${!writes && html` <span class="muted">Merging needs the role write.</span>`}</p>
<div class="row">${button}${stateForm(visit, pull)}</div>`;
}

export async function postMerge(visit: RepositoryVisit): Promise<string> {
  demand(visit, 'write');
  const pull = findPull(visit.repository, visit.params.number);
  await visit.simulator.merge(visit.name, pull.number, visit.user.login);
  return pathOf(visit, pull);
}

export async function postReady(visit: RepositoryVisit): Promise<string> {
  demand(visit, 'write');
  const pull = findPull(visit.repository, visit.params.number);
  await act(visit, deed => setDraft(deed, pull, false));
  return pathOf(visit, pull);
}
