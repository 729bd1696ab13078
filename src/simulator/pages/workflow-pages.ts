import type { JobStep, WorkflowJob, WorkflowRun } from '../workflows/run.ts';
import { hasRole } from '../world.ts';
import { moment, plural, who } from './bits.ts';
import { badge, notes } from './checks.ts';
import { type Html, html } from './html.ts';
import { crumbs } from './layout.ts';
import { markdown } from './markdown.ts';
import { act, demand, type Page, type RepositoryVisit } from './visit.ts';

/** All workflow runs of a repository, newest first. */
export async function workflowRunsPage(visit: RepositoryVisit): Promise<Page> {
  const { faults } = await visit.world.workflows.files.at(visit.repository, null);
  const runs = [...visit.world.workflows.runs.values()].filter(
    ({ workflow }) => workflow.repository === visit.repository,
  );
  return {
    title: `Workflow runs · ${visit.name}`,
    says: plural(runs.length, 'workflow run'),
    main: html`${crumbs(visit.repository, 'Actions')}
<h1>Workflow runs</h1>
<div id="runs" data-live>${
      runs.length === 0
        ? html`<p class="muted">None yet. An event starts what is in <code>.github/workflows</code>.</p>`
        : html`<ul class="list">${runs.reverse().map(run => line(visit, run))}</ul>`
    }${[...faults].map(
      ([path, fault]) =>
        html`<p><code>${path}</code> starts nothing:</p><pre class="code" tabindex="0"><code>${fault}</code></pre>`,
    )}</div>`,
  };
}

function line(visit: RepositoryVisit, run: WorkflowRun): Html {
  return html`<li>${badge(run)} <span><a href="${pathOf(visit, run)}">${run.title}</a>
<span class="muted">${run.name} #${run.number} · ${run.event.name} by ${run.actor.login} · ${moment(run.createdAt)}</span></span></li>`;
}

/** A workflow run: what started it, and its jobs with their steps, as far as they have come. */
export function workflowRunPage(visit: RepositoryVisit): Page {
  const run = find(visit);
  const { title, name, number, event, branch, sha } = run;
  return {
    title: `${title} · ${name} #${number}`,
    says: [run, ...run.jobs].map(one => one.conclusion ?? one.status).join(', '),
    main: html`${crumbs(visit.repository, html`<a href="/${visit.name}/actions">Actions</a>`)}
<h1>${title} <span class="muted">${name} #${number}</span></h1>
<p class="muted">${who(run.actor)} started this by <code>${event.name}</code> on ${moment(run.createdAt)}, for
<code>${branch}</code> at <a href="/${visit.name}/commit/${sha}"><code>${sha.slice(0, 7)}</code></a></p>
<div id="state" data-live class="row">${badge(run)}
${run.attempt > 1 && html`<span class="muted">attempt ${run.attempt}, by ${who(run.triggeringActor)}</span>`}
${buttons(visit, run)}</div>
${run.fault && html`<p>Its workflow file could not be followed:</p><pre class="code" tabindex="0"><code>${run.fault}</code></pre>`}
<section id="jobs" data-live aria-labelledby="jobs-title"><h2 id="jobs-title">Jobs</h2>${run.jobs.map(job => card(visit, job))}</section>`,
  };
}

function card(visit: RepositoryVisit, job: WorkflowJob): Html {
  return html`<article class="card" id="job-${job.check.id}" aria-label="Job ${job.check.name}">
<header>${badge(job)} <strong>${job.check.name}</strong>
<span class="muted">${where(job)} ${took(job)}</span></header>
${job.steps.map(step => stepOf(visit, step))}
${notes(job.check)}
</article>`;
}

function where({ runner, status, labels }: WorkflowJob): Html | null {
  if (runner) return html`on <strong>${runner.name}</strong>`;
  return status === 'completed' ? null : html`waits for a runner with ${labels.join(', ')}`;
}

function stepOf(visit: RepositoryVisit, step: JobStep): Html {
  const { name, summary, lines } = step;
  return html`<details${step.conclusion === 'failure' && html` open`}><summary>${badge(step)} ${name} <span class="muted">${took(step)}</span></summary>
<pre class="code" tabindex="0"><code>${lines.join('\n') || 'It said nothing.'}</code></pre></details>
${summary && html`<div class="prose">${markdown(summary, `/${visit.name}`)}</div>`}`;
}

/** `12 s`, once it is over. */
function took({ startedAt, completedAt }: { startedAt: number | null; completedAt: number | null }): string {
  if (startedAt === null || completedAt === null) return '';
  return `${Math.round((completedAt - startedAt) / 1000)} s`;
}

function buttons(visit: RepositoryVisit, run: WorkflowRun): Html | null {
  if (!hasRole(visit.repository, visit.user, 'write')) return null;
  const [deed, word] = run.status === 'completed' ? ['rerun', 'Re-run all jobs'] : ['cancel', 'Cancel'];
  return html`<form method="post" action="${pathOf(visit, run)}/${deed}"><button>${word}</button></form>`;
}

export async function postCancel(visit: RepositoryVisit): Promise<string> {
  demand(visit, 'write');
  const run = find(visit);
  await act(visit, ({ world }) => world.workflows.cancel(run, false));
  return pathOf(visit, run);
}

export async function postRerun(visit: RepositoryVisit): Promise<string> {
  demand(visit, 'write');
  const run = find(visit);
  await act(visit, deed => deed.world.workflows.rerun(deed, run));
  return pathOf(visit, run);
}

function find({ world, repository, params }: RepositoryVisit): WorkflowRun {
  return world.workflows.find(repository, params.id);
}

function pathOf({ name }: RepositoryVisit, { id }: WorkflowRun): string {
  return `/${name}/actions/runs/${id}`;
}
